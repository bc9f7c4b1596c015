# Mixed models by lme4, lmerTest and pbkrtest, and models for repeated measures by nlme with means by
# emmeans, for tests/analysis/pain/test_pain_references.py. Run in this folder (writes mixed.json):
#
#   python pain_scores.py   # only to make pain_scores.csv again
#   Rscript mixed.R > mixed.txt 2>&1
suppressPackageStartupMessages({library(lme4); library(lmerTest); library(pbkrtest); library(nlme)
  library(emmeans); library(jsonlite)})

scores <- read.csv("pain_scores.csv", stringsAsFactors = FALSE)
scores$weeks <- scores$measured_day / 7
scores$duration <- relevel(factor(scores$symptom_duration), "acute")
exact <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5),
                     calc.derivs = TRUE)

fitted <- function(formula, reml, kr = FALSE) {
  fit <- lmer(formula, scores, REML = reml, control = exact)
  print(summary(fit), digits = 8)
  table <- summary(fit, ddf = "Satterthwaite")$coefficients
  found <- list(terms = rownames(table), estimate = unname(table[, 1]), error = unname(table[, 2]),
    df = unname(table[, 3]), loglik = as.numeric(logLik(fit)), residual = sigma(fit)^2,
    variances = lapply(VarCorr(fit), function(one) unname(unclass(one)[, , drop = FALSE])[
      seq_len(nrow(one)), , drop = FALSE]),
    effects = lapply(ranef(fit), function(one) list(unit = rownames(one), value = unname(
      as.matrix(one)))))
  if (kr) {
    adjusted <- summary(fit, ddf = "Kenward-Roger")$coefficients
    found$kr_error <- unname(adjusted[, 2])
    found$kr_df <- unname(adjusted[, 3])
  }
  found
}
nested <- score ~ weeks + duration + (1 | clinic_id) + (1 | clinician_id) + (1 + weeks | episode_id)
one <- score ~ weeks + duration + (1 + weeks | episode_id)

# Scores at planned follow-ups, baseline as covariate, one row per episode and visit.
planned <- subset(scores, !is.na(target_day) & target_day > 0 & !is.na(baseline_score))
planned$visit <- factor(planned$target_day)
planned$index <- as.integer(planned$visit)
planned <- planned[order(planned$episode_id, planned$index), ]
tight <- glsControl(tolerance = 1e-12, msTol = 1e-12, msMaxIter = 2000, maxIter = 500, opt = "nlminb")
structures <- list(
  unstructured = list(corSymm(form = ~ index | episode_id), varIdent(form = ~ 1 | visit)),
  heterogeneous_ar1 = list(corAR1(form = ~ index | episode_id), varIdent(form = ~ 1 | visit)),
  ar1 = list(corAR1(form = ~ index | episode_id), NULL),
  compound_symmetry = list(corCompSymm(form = ~ 1 | episode_id), NULL))
repeated <- lapply(structures, function(one) lapply(c(REML = "REML", ML = "ML"), function(method) {
  fit <- do.call(gls, list(score ~ baseline_score + visit * duration, planned,
    correlation = one[[1]], weights = one[[2]], method = method, control = tight))
  print(summary(fit)$tTable, digits = 8)
  means <- summary(emmeans(fit, ~ visit, data = planned, mode = "df.error"))
  list(terms = names(coef(fit)), estimate = unname(coef(fit)),
       error = unname(sqrt(diag(fit$varBeta))), loglik = as.numeric(logLik(fit)),
       means = means$emmean, means_error = means$SE)
}))

results <- list(
  versions = list(R = R.version.string, lme4 = as.character(packageVersion("lme4")),
                  lmerTest = as.character(packageVersion("lmerTest")),
                  pbkrtest = as.character(packageVersion("pbkrtest")),
                  nlme = as.character(packageVersion("nlme")),
                  emmeans = as.character(packageVersion("emmeans"))),
  nested_reml = fitted(nested, TRUE, TRUE), nested_ml = fitted(nested, FALSE),
  one_reml = fitted(one, TRUE, TRUE), one_ml = fitted(one, FALSE), repeated = repeated)
writeLines(toJSON(results, digits = I(15), auto_unbox = TRUE), "mixed.json")
