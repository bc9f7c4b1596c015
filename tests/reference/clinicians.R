# Rates of forward moves by clinician, by R's lme4, for tests/analysis/progression/test_clinicians.py.
# Run in this folder (it writes clinicians.json; what it prints is kept in clinicians.txt):
#
#   python clinicians_stays.py   # writes the stays of two cohorts of this project, not kept here
#   Rscript clinicians.R > clinicians.txt 2>&1
#
# The counts are made here from the stays, not by the package: days in stage are cut at 7, 14, 21
# and 35 days, stages and bands in which nobody moves forward are left out, and rows with a missing
# value of the case mix are dropped.
suppressPackageStartupMessages({library(lme4); library(jsonlite)})

ladder <- c(paste0("stage_", 1:10), "mastered")
cuts <- c(0, 7, 14, 21, 35, Inf)

counted <- function(file) {
  stays <- read.csv(file, na.strings = "")
  stays <- stays[complete.cases(stays[, c("clinician_id", "symptom_duration", "start_back_risk")]), ]
  from <- match(stays$from_state, ladder)
  to <- match(stays$to_state, ladder)
  moved <- !is.na(to) & to > from
  days <- stays$stop_day - stays$start_day
  pieces <- do.call(rbind, lapply(seq_len(length(cuts) - 1), function(band) {
    inside <- days > cuts[band]
    data.frame(stays[inside, c("clinic_id", "clinician_id", "symptom_duration", "start_back_risk")],
               stage = from[inside], band = band,
               days = pmin(days[inside], cuts[band + 1]) - cuts[band],
               moves = as.integer(moved[inside] & days[inside] <= cuts[band + 1]))
  }))
  rows <- aggregate(cbind(days, moves) ~ ., pieces, sum)
  rows <- rows[ave(rows$moves, rows$stage, FUN = sum) > 0, ]
  rows <- rows[ave(rows$moves, rows$band, FUN = sum) > 0, ]
  transform(rows, stage = factor(stage), band = factor(band),
            symptom_duration = factor(symptom_duration, c("acute", "subacute", "chronic")),
            start_back_risk = factor(start_back_risk, c("low", "medium", "high")))
}

tight <- glmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9, maxfun = 1e5), tolPwrss = 1e-13,
                      check.conv.grad = "ignore", check.conv.hess = "ignore")
rates <- moves ~ 0 + stage + band + symptom_duration + start_back_risk + offset(log(days))

described <- function(fit) {
  spread <- as.data.frame(VarCorr(fit))
  list(coefficients = as.list(fixef(fit)), std_error = unname(sqrt(diag(vcov(fit)))),
       sd = setNames(as.list(spread$sdcor), spread$grp))
}

results <- list(versions = list(R = R.version.string, lme4 = as.character(packageVersion("lme4"))))
for (cohort in c("clinic", "network")) {
  rows <- counted(paste0("clinicians_", cohort, ".csv"))
  laplace <- glmer(update(rates, . ~ . + (1 | clinician_id)), rows, poisson, control = tight)
  exact <- glmer(update(rates, . ~ . + (1 | clinician_id)), rows, poisson, nAGQ = 25, control = tight)
  nested <- glmer(update(rates, . ~ . + (1 | clinic_id) + (1 | clinician_id)), rows, poisson, control = tight)
  print(summary(laplace), correlation = FALSE)
  print(summary(exact), correlation = FALSE)
  print(summary(nested), correlation = FALSE)
  interval <- suppressMessages(confint(exact, parm = ".sig01", quiet = TRUE))
  print(interval, digits = 8)
  modes <- ranef(laplace, condVar = TRUE)$clinician_id
  results[[cohort]] <- list(
    n_moves = sum(rows$moves), n_days = sum(rows$days),
    laplace = described(laplace), exact = described(exact), nested = described(nested),
    exact_sd_interval = as.vector(interval),
    modes = list(clinician = rownames(modes), mode = modes[, 1],
                 std_error = sqrt(as.vector(attr(modes, "postVar"))))
  )
}
writeLines(toJSON(results, auto_unbox = TRUE, digits = 12), "clinicians.json")
