// The place up to which a client of /chats/sync has everything: what is taken for one is one, and says the
// same when it is written again; and every place that can be written can be read.

#include <limits>
#include <string>

#include "fuzz_input.h"
#include "sync_cursor.h"

using namespace linkup;
using linkup::test::expectThat;

namespace {

constexpr auto kMost = std::numeric_limits<std::int64_t>::max();

std::int64_t numberOf(test::FuzzInput& input) {
    const auto bytes = input.byte() % 9;
    std::uint64_t number = 0;
    for (int i = 0; i < bytes; ++i) number = number << 8U | input.byte();
    return static_cast<std::int64_t>(number & static_cast<std::uint64_t>(kMost));
}

void expectSettled(const chat::SyncPositions& positions) {
    const std::string cursor = chat::cursorOf(positions);
    expectThat(cursor.find_first_of("+/= &?#%") == std::string::npos, "a cursor stands in a URL as it is");
    const auto again = chat::positionsOf(cursor);
    expectThat(again && *again == positions, "what was written is read again as the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto read = chat::positionsOf(text)) {
        for (const auto& [room, position] : *read) {
            expectThat(room > 0, "a chat has an id");
            expectThat(position.seq >= 0 && position.revision >= 0 && position.seen_seq >= 0 &&
                           position.other_seen_seq >= 0 && position.other_delivered_seq >= 0 &&
                           position.muted_until >= 0,
                       "no number is negative");
        }
        expectThat(read->size() <= size, "a cursor has no more chats than letters");
        expectSettled(*read);
    }

    test::FuzzInput input(data, size);
    chat::SyncPositions made;
    while (!input.empty()) {
        const std::int64_t room = numberOf(input);
        if (room == 0) break;
        made[room] = {numberOf(input), numberOf(input), numberOf(input),
                      numberOf(input), numberOf(input), numberOf(input)};
    }
    expectSettled(made);
    return 0;
}
