#include "pairing.h"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/max_cardinality_matching.hpp>

namespace linkup::lobby {
namespace {

using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS>;
using Vertex = boost::graph_traits<Graph>::vertex_descriptor;

bool fits(const Guest& one, const Guest& other, const std::set<Couple>& forbidden) {
    return one.gender == other.interested_gender && other.gender == one.interested_gender &&
           !forbidden.contains({std::min(one.id, other.id), std::max(one.id, other.id)});
}

}  // namespace

std::vector<Couple> pairUp(std::vector<Guest> guests, const std::set<Couple>& forbidden,
                           std::mt19937_64& random) {
    std::shuffle(guests.begin(), guests.end(), random);
    std::stable_partition(guests.begin(), guests.end(),
                          [](const Guest& guest) { return guest.left_over_last_time; });

    Graph graph(guests.size());
    std::vector<Vertex> mate(guests.size(), boost::graph_traits<Graph>::null_vertex());
    for (std::size_t i = 0; i < guests.size(); ++i) {
        for (std::size_t j = i + 1; j < guests.size(); ++j) {
            if (!fits(guests[i], guests[j], forbidden)) continue;
            boost::add_edge(i, j, graph);
            // The first that fits, in order; the augmenting paths below never leave such a guest without a
            // partner.
            if (mate[i] == boost::graph_traits<Graph>::null_vertex() &&
                mate[j] == boost::graph_traits<Graph>::null_vertex()) {
                mate[i] = j;
                mate[j] = i;
            }
        }
    }
    boost::edmonds_augmenting_path_finder<Graph, Vertex*,
                                          boost::property_map<Graph, boost::vertex_index_t>::type>
        finder(graph, mate.data(), boost::get(boost::vertex_index, graph));
    while (finder.augment_matching()) {
    }
    finder.get_current_matching(mate.data());

    std::vector<Couple> couples;
    for (std::size_t i = 0; i < guests.size(); ++i) {
        if (mate[i] != boost::graph_traits<Graph>::null_vertex() && i < mate[i]) {
            couples.emplace_back(guests[i].id, guests[mate[i]].id);
        }
    }
    return couples;
}

}  // namespace linkup::lobby
