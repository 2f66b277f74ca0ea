#pragma once

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/max_cardinality_matching.hpp>
#include <cstddef>
#include <set>
#include <vector>

#include "pairing.h"

namespace linkup::test {

inline bool fits(const lobby::Guest& one, const lobby::Guest& other) {
    return one.gender == other.interested_gender && other.gender == one.interested_gender;
}

using LobbyGraph = boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS>;

/// All couples that may be, as the rules say it: one by one. `forbidden` holds the smaller id first.
inline LobbyGraph graphOf(const std::vector<lobby::Guest>& guests, const std::set<lobby::Couple>& forbidden) {
    LobbyGraph graph(guests.size());
    for (std::size_t i = 0; i < guests.size(); ++i) {
        for (std::size_t j = i + 1; j < guests.size(); ++j) {
            const auto ids = std::minmax(guests[i].id, guests[j].id);
            if (fits(guests[i], guests[j]) && !forbidden.contains({ids.first, ids.second})) {
                boost::add_edge(i, j, graph);
            }
        }
    }
    return graph;
}

/// The reference: how many couples there can be.
inline std::size_t mostCouples(const LobbyGraph& graph) {
    using Vertex = boost::graph_traits<LobbyGraph>::vertex_descriptor;
    std::vector<Vertex> mates(boost::num_vertices(graph));
    boost::edmonds_maximum_cardinality_matching(graph, mates.data());
    return boost::matching_size(graph, mates.data());
}

}  // namespace linkup::test
