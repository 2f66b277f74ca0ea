#pragma once

#include <linkup/sdk/metrics.h>

namespace linkup::match {

/// What happened on this node since its start, for /metrics: counted after the commit, so exactly once.
struct Tallies {
    explicit Tallies(sdk::Metrics& metrics)
        : shown(metrics.counter("exposures_total", "Times that somebody was put into the queue of another")),
          likes(metrics.counter("likes_total", "Likes given, with those that made a match")),
          passes(metrics.counter("passes_total", "Passes on cards and on likes")),
          matches(metrics.counter("matches_total", "Matches made, by likes and in the lobby")) {}

    sdk::Counter& shown;
    sdk::Counter& likes;
    sdk::Counter& passes;
    sdk::Counter& matches;
};

}  // namespace linkup::match
