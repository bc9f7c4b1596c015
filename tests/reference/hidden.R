# The likelihood of misclassified and uncertain states at given parameters, by R's msm, for
# tests/analysis/progression/test_hidden_likelihood.py. Run in this folder (it writes hidden.json;
# what it prints is kept in hidden.txt):
#
#   python hidden_ratings.py   # writes ratings of the synthetic clinic, not kept here
#   Rscript hidden.R > hidden.txt 2>&1
#
# States: 1 to 3 from low to automatic, confused with their neighbours; 4 the end of care, dated
# exactly; 99 not rated. The parameters lie near the maxima that the package finds. msm 1.7 is not
# asked to find them: from rates of .03 and errors of .1 it stops more than 50 log likelihood units
# too early (BFGS, reltol 1e-15), and from these values it does not move. It leaves out who was seen
# once, so they are left out here.
suppressPackageStartupMessages({library(msm); library(jsonlite)})

ratings <- read.csv("hidden_ratings.csv")
seen_again <- function(rows) rows[ave(rows$day, rows$id, FUN = length) > 1, ]
rated <- seen_again(subset(ratings, state != 99))
later <- seen_again(rated[duplicated(rated$id), ])
ratings <- seen_again(ratings)
rates <- rbind(c(0, .08, 0, .001), c(0, 0, .075, .001), c(.075, 0, 0, .025), 0)
errors <- rbind(c(0, .01, 0, 0), c(.02, 0, .06, 0), c(0, .03, 0, 0), 0)

evaluated <- function(data, ..., first_is_true = FALSE) {
  data$is_true <- as.integer(first_is_true & !duplicated(data$id))
  fit <- msm(state ~ day, subject = id, data = data, qmatrix = rates, deathexact = 4, center = FALSE,
             obstrue = is_true, fixedpars = TRUE, ...)
  print(fit)
  fit$minus2loglik
}

# viterbi.msm takes an end of care as seen at a visit, has no course where it falls on the day of a
# rating, and with unrated days gives a course less likely than another; so ratings alone.
alone <- seen_again(subset(rated, state != 4))
courses <- viterbi.msm(msm(state ~ day, subject = id, data = alone, qmatrix = rates, deathexact = 4,
                           ematrix = errors, fixedpars = TRUE))
some <- courses$subject %in% unique(alone$id)[1:15]

results <- list(
  versions = list(R = R.version.string, msm = as.character(packageVersion("msm"))),
  minus_two_loglik = list(
    errors = evaluated(rated, ematrix = errors),
    first_as_seen = evaluated(later, ematrix = errors, first_is_true = TRUE, initprobs = c(1, 1, 1, 0) / 3),
    start = evaluated(later, ematrix = errors, initprobs = c(.7, .15, .15, 0)),
    chronic = evaluated(rated, ematrix = errors, covariates = list("1-2" = ~chronic, "2-3" = ~chronic),
                        covinits = list(chronic = c(-.08, .05))),
    not_rated = evaluated(ratings, censor = 99, censor.states = 1:3),
    not_rated_with_errors = evaluated(ratings, ematrix = errors, censor = 99, censor.states = 1:3),
    change_at_60 = evaluated(rated, ematrix = errors, pci = 60,
                             covinits = list("timeperiod[60,Inf)" = c(-.4, .7, -.5, 1.4, -1, .5)))
  ),
  courses = list(likeliest = courses$fitted[some], chances = unname(as.matrix(courses$pstate[some, ])))
)
write_json(results, "hidden.json", digits = 10, auto_unbox = TRUE, pretty = TRUE)
