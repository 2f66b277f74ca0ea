// traceparent and tracestate as a client sends them: what is taken of a stranger's is what we say on.

#include <linkup/sdk/trace.h>

#include <algorithm>
#include <string>

#include "fuzz_input.h"

using namespace linkup;
using linkup::test::expectThat;

namespace {

bool same(const sdk::TraceContext& left, const sdk::TraceContext& right) {
    return left.trace_high == right.trace_high && left.trace_low == right.trace_low &&
           left.span == right.span && left.flags == right.flags && left.state == right.state;
}

void expectSound(const sdk::TraceContext& trace, std::string_view given_state) {
    expectThat(trace.valid(), "what is taken has ids");
    expectThat(trace.state.empty() || trace.state == given_state, "the state is said on as it came");
    expectThat(std::all_of(trace.state.begin(), trace.state.end(),
                           [](char c) { return (c >= ' ' && c <= '~') || c == '\t'; }),
               "the state fits into a header");
    expectThat(trace.traceId().size() == 32 && trace.spanId().size() == 16, "ids have their size");
    const auto again = sdk::TraceContext::parse(trace.traceparent(), trace.state);
    expectThat(again && same(*again, trace), "what we say on is taken as the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    test::FuzzInput input(data, size);
    const std::string_view parent = input.line();
    const std::string_view state = input.rest();
    const auto trace = sdk::TraceContext::parse(parent, state);
    if (trace) expectSound(*trace, state);
    return 0;
}
