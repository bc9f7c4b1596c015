# Occupancy by R survival and cumulative incidence by cmprsk, for
# tests/analysis/progression/test_occupancy_references.py. Run in this folder (it writes
# occupancy.json; what it prints is kept in occupancy.txt):
#
#   python matched_tables.py   # only to make matched_stays.csv again
#   Rscript occupancy.R > occupancy.txt 2>&1
suppressPackageStartupMessages({library(survival); library(cmprsk); library(jsonlite)})

times <- c(14, 30, 60, 90, 120, 180, 240, 300)
stays <- read.csv("matched_stays.csv", na.strings = "", stringsAsFactors = FALSE)
ends <- sort(unique(stays$to[!is.na(stays$to)]))
stays$event <- factor(ifelse(is.na(stays$to), "censored", stays$to), c("censored", ends))

described <- function(fit) {
  at <- summary(fit, times = times, extend = TRUE)
  print(at, digits = 8)
  list(states = fit$states, estimate = unname(at$pstate), std_error = unname(at$std.err))
}

# Without influence = TRUE survfit takes the mix of starting states as given.
fixed <- survfit(Surv(start, stop, event) ~ 1, stays, id = id, istate = from)
estimated <- survfit(Surv(start, stop, event) ~ 1, stays, id = id, istate = from, influence = TRUE)

# survfit of survival 3.5.3 leaves cluster= aside when there are several states: the influence of the
# episodes, which it gives from before the first event on, is added up by clinician here.
whose <- stays$clinician[!duplicated(stays$id)]
by_clinician <- t(sapply(findInterval(times, estimated$time) + 1, function(place) {
  sqrt(colSums(rowsum(estimated$influence.pstate[, place, ], whose)^2))
}))
print(by_clinician, digits = 8)

# One row per episode: how care ended, every other end competing.
last <- stays[!duplicated(stays$id, fromLast = TRUE), ]
cause <- match(last$to, c("mastered", "referred", "lost"), nomatch = 0)
incidence <- timepoints(cuminc(last$stop, cause), times)
print(incidence)

results <- list(
  versions = list(R = R.version.string, survival = as.character(packageVersion("survival")),
                  cmprsk = as.character(packageVersion("cmprsk"))),
  times = times, estimated = described(estimated), fixed = described(fixed),
  by_clinician = list(states = estimated$states, std_error = by_clinician),
  incidence = list(ends = c("mastered", "referred", "lost"), estimate = unname(incidence$est))
)
writeLines(toJSON(results, digits = I(15), auto_unbox = TRUE), "occupancy.json")
