# Analysis of covariance with CR2 errors by clubSandwich, adjusted means by emmeans and the share of
# responders by geepack, for tests/analysis/pain. Run in this folder (writes change.json):
#
#   python pain_scores.py   # only to make pain_scores.csv again
#   Rscript change.R > change.txt 2>&1
suppressPackageStartupMessages({library(clubSandwich); library(emmeans); library(geepack)
  library(jsonlite)})

scores <- read.csv("pain_scores.csv", stringsAsFactors = FALSE)
rows <- subset(scores, target_day == 91 & !is.na(baseline_score))
rows$change <- rows$score - rows$baseline_score
rows$duration <- factor(rows$symptom_duration)
rows <- rows[order(rows$clinician_id), ]
fit <- lm(change ~ baseline_score + age + duration, rows)
robust <- lapply(c(clinician_id = "clinician_id", episode_id = "episode_id"), function(unit) {
  table <- coef_test(fit, vcov = "CR2", cluster = rows[[unit]], test = "Satterthwaite")
  print(table)
  list(estimate = table$beta, error = table$SE, df = table$df_Satt)
})
means <- summary(emmeans(fit, ~ duration, vcov. = vcovCR(fit, rows$clinician_id, "CR2")))
print(means)
is_better <- as.integer(rows$baseline_score - rows$score >= 2)
share <- geeglm(is_better ~ 1, binomial, rows, id = as.integer(factor(rows$clinician_id)))
print(summary(share))
results <- c(list(
  versions = list(R = R.version.string, clubSandwich = as.character(packageVersion("clubSandwich")),
                  emmeans = as.character(packageVersion("emmeans")),
                  geepack = as.character(packageVersion("geepack")))), robust, list(
  means = list(duration = as.character(means$duration), mean = means$emmean, error = means$SE),
  share = list(logit = unname(coef(share)), error = summary(share)$coefficients[1, "Std.err"])))
writeLines(toJSON(results, digits = I(15), auto_unbox = TRUE), "change.json")
