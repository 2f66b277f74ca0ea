// A message of the bus as it comes through Redis, from a node of today or of before: whatever it is, no byte
// of its text is lost.

#include <linkup/sdk/trace.h>

#include <string>

#include "daemon/services/bus_redis_channels.h"
#include "fuzz_input.h"

using namespace linkup;
using linkup::test::expectThat;
namespace bus_message = linkup::daemon::bus_message;

namespace {

bool same(const sdk::TraceContext& left, const sdk::TraceContext& right) {
    return left.trace_high == right.trace_high && left.trace_low == right.trace_low &&
           left.span == right.span && left.flags == right.flags && left.state == right.state;
}

/// A text as a message of that trace, there and back.
void expectCarried(const sdk::TraceContext& trace, std::string_view text) {
    const std::string sent = bus_message::headOf(trace) + std::string(text);
    std::string_view message = sent;
    const auto came = bus_message::takeHead(message);
    expectThat(message == text, "a message arrives whole");
    expectThat(same(came, trace), "and with its trace");
}

/// What somebody has sent, who may know nothing of traces.
void expectTaken(std::string_view sent) {
    std::string_view message = sent;
    const auto trace = bus_message::takeHead(message);
    expectThat(sent.ends_with(message), "what is left is the end of what came");
    if (trace.valid()) return expectCarried(trace, message);
    const std::size_t taken = sent.size() - message.size();
    expectThat(taken == 0 || (taken == 1 && sent.front() == '\n'),
               "without a line of trace it arrives whole");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    test::FuzzInput input(data, size);
    expectTaken(input.rest());
    const std::string_view parent = input.line();
    const std::string_view state = input.line();
    expectCarried(sdk::TraceContext::parse(parent, state).value_or(sdk::TraceContext()), input.rest());
    return 0;
}
