# Cox models by R's survival, for tests/analysis/progression. Run in this folder:
#
#   python -c "import hinge_outcomes as ho; ho.derive_stays(ho.read_cohort('../../data/synthetic/clinic')).to_csv('cox_stays.csv', index=False)"
#   Rscript cox.R > cox.json
#
# cox_cases.csv holds invented rows with ties, late entry, strata, clusters and weights; the stays
# are those of the synthetic clinic and are not kept here.
suppressPackageStartupMessages({library(survival); library(jsonlite)})

# The default eps of 1e-9 stops short of the last digits.
tight <- coxph.control(eps = 1e-12, toler.chol = 1e-14, iter.max = 60)

described <- function(fit) {
  has_robust <- !is.null(fit$naive.var)
  list(
    coefficients = unname(coef(fit)),
    naive_std_error = sqrt(diag(if (has_robust) fit$naive.var else fit$var)),
    robust_std_error = if (has_robust) sqrt(diag(fit$var)) else NULL,
    loglik = fit$loglik,
    n = fit$n,
    n_event = fit$nevent
  )
}

tested <- function(fit) {
  transforms <- c("km", "identity", "rank", "log")
  setNames(lapply(transforms, function(g) {
    found <- cox.zph(fit, transform = g)$table
    list(statistic = unname(found[, 1]), df = unname(found[, 2]), p_value = unname(found[, 3]))
  }), transforms)
}

curve <- function(fit, patient) {
  found <- survfit(fit, newdata = patient)
  kept <- found$n.event > 0
  strata <- if (is.null(found$strata)) NULL else rep(names(found$strata), found$strata)[kept]
  list(stratum = strata, time = found$time[kept], n_at_risk = found$n.risk[kept],
       estimate = as.vector(found$cumhaz)[kept], std_error = as.vector(found$std.chaz)[kept])
}

cases <- read.csv("cox_cases.csv")
model <- Surv(start, stop, event) ~ x + age + arm
results <- list()
for (case in c("days", "hours")) {
  rows <- cases[cases$case == case, ]
  patient <- data.frame(x = 0.5, age = 60, arm = "c", site = c("east", "north", "south"))
  for (ties in c("efron", "breslow")) {
    plain <- coxph(model, rows, ties = ties, control = tight)
    by_site <- coxph(update(model, . ~ . + strata(site)), rows, ties = ties, control = tight)
    deep <- coxph(update(model, . ~ . + strata(site, female)), rows, ties = ties, cluster = cluster,
                  control = tight)
    counted <- coxph(model, rows, ties = ties, weights = count, control = tight)
    weighted <- coxph(update(model, . ~ . + strata(site)), rows, ties = ties, weights = weight,
                      cluster = cluster, control = tight)
    late <- coxph(update(model, Surv(stop, event) ~ .), rows, ties = ties, control = tight)
    results[[paste(case, ties)]] <- list(
      plain = described(plain), by_site = described(by_site), clustered = described(deep),
      counted = described(counted), weighted = described(weighted), from_zero = described(late),
      tests = tested(plain), tests_by_site = tested(by_site), tests_weighted = tested(weighted),
      tests_from_zero = tested(late),
      baseline = with(basehaz(plain, centered = FALSE), list(time = time, hazard = hazard)),
      curve = curve(plain, patient[1, ]), curve_by_site = curve(by_site, patient),
      curve_counted = curve(counted, patient[1, ]),
      martingale = unname(residuals(by_site, "martingale")),
      score = unname(residuals(weighted, "score")),
      schoenfeld = unname(residuals(plain, "schoenfeld"))
    )
  }
}

stays <- read.csv("cox_stays.csv", na.strings = "", stringsAsFactors = FALSE)
stays$symptom_duration <- factor(stays$symptom_duration, c("acute", "subacute", "chronic"))
stays$to_state[is.na(stays$to_state)] <- "none"
place <- function(state) suppressWarnings(as.integer(sub("stage_", "", state)))
kinds <- list(
  forward = !is.na(place(stays$to_state)) & place(stays$to_state) > place(stays$from_state),
  backward = !is.na(place(stays$to_state)) & place(stays$to_state) < place(stays$from_state),
  mastered = stays$to_state == "mastered",
  lost = stays$to_state == "lost"
)
clocks <- list(
  reset = "Surv(stop_day - start_day, moved)",
  forward = "Surv(start_day, stop_day, moved)"
)
for (clock in names(clocks)) {
  right <- "~ symptom_duration + age"
  for (kind in names(kinds)) {
    stays$moved <- as.integer(kinds[[kind]])
    # Only states with such moves: the transform "km" pools the strata that are there.
    able <- stays[stays$from_state %in% stays$from_state[stays$moved == 1], ]
    fit <- coxph(as.formula(paste(clocks[[clock]], right, "+ strata(from_state)")), able,
                 cluster = patient_id, control = tight)
    results[[paste("clinic", clock)]][[kind]] <- c(described(fit), list(tests = tested(fit)$km))
  }
  some <- stays[stays$from_state == "stage_4", ]
  some$moved <- as.integer(some$to_state == "stage_5")
  fit <- coxph(as.formula(paste(clocks[[clock]], right)), some, cluster = patient_id,
               control = tight)
  results[[paste("clinic", clock)]][["stage_4 to stage_5"]] <- described(fit)
}
results$versions <- list(R = R.version.string, survival = as.character(packageVersion("survival")))
cat(toJSON(results, digits = I(15), auto_unbox = TRUE, null = "null"), "\n", sep = "")
