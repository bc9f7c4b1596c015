# A ladder of two rungs seen at visits, by R msm, for
# tests/analysis/progression/test_msm_references.py.
# Run in this folder (it writes msm.json; what it prints is kept in msm.txt):
#
#   python matched_tables.py   # only to make matched_panel.csv again
#   Rscript msm.R > msm.txt 2>&1
suppressPackageStartupMessages({library(msm); library(jsonlite)})

states <- c("low", "high", "mastered", "left")
panel <- read.csv("matched_panel.csv")
panel$number <- match(panel$state, states)
panel$subacute <- as.integer(panel$symptom_duration == "subacute")
panel$chronic <- as.integer(panel$symptom_duration == "chronic")
# Age at a fixed zero, so that nothing depends on how a package centres.
panel$decades <- (panel$age - 45) / 10

Q <- rbind(c(0, 0.02, 0, 0.01), c(0.01, 0, 0.01, 0.01), 0, 0)
fitted <- function(data = panel, ...) {
  msm(number ~ day, subject = id, data = data, qmatrix = Q, deathexact = 4, center = FALSE,
      method = "BFGS", control = list(fnscale = 2000, reltol = 1e-15, maxit = 2000),
      ...)
}

described <- function(fit) {
  print(fit, digits = 8)
  cat("-2 log L", format(fit$minus2loglik, digits = 15), "\n\n")
  error <- sqrt(diag(fit$covmat))
  list(minus_two_loglik = fit$minus2loglik, log_estimate = unname(fit$estimates),
       log_std_error = unname(error))
}

plain <- fitted()
shared <- fitted(covariates = ~ subacute + chronic + decades,
                 constraint = list(subacute = c(1, 2, 2, 1, 2), chronic = c(1, 2, 2, 1, 2),
                                   decades = c(1, 2, 2, 1, 2)))
# A last look that shows high may mean high or mastered.
doubtful <- panel
last <- !duplicated(doubtful$id, fromLast = TRUE) & doubtful$state == "high"
doubtful$number[last] <- 99
uncertain <- fitted(doubtful, censor = 99, censor.states = c(2, 3))

chances <- unclass(pmatrix.msm(plain, t = 90))
results <- list(
  versions = list(R = R.version.string, msm = as.character(packageVersion("msm"))),
  plain = c(described(plain), list(
    chances_at_90 = unname(chances), sojourn = sojourn.msm(plain)$estimates,
    sojourn_std_error = sojourn.msm(plain)$SE)),
  shared = described(shared),
  uncertain = described(uncertain)
)
print(chances, digits = 10)
writeLines(toJSON(results, digits = I(15), auto_unbox = TRUE), "msm.json")
