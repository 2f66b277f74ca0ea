// The reader of multipart forms: what it finds depends on the bytes alone, not on the pieces in which they
// come.

#include <linkup/sdk/json.h>

#include <string>
#include <vector>

#include "daemon/gateway/form_reader.h"
#include "daemon/gateway/multipart_reader.h"
#include "fuzz_input.h"

using namespace linkup;
using namespace linkup::daemon;
using linkup::test::expectThat;

namespace {

struct Found : MultipartReader::Sink {
    void onPart(const MultipartReader::Part& part) override {
        expectThat(!open, "a part ends before the next begins");
        expectThat(part.name.size() <= MultipartReader::kMaxPartHeader, "a name is bounded");
        open = true;
        parts.push_back(part.name + "\n" + part.filename.value_or("-") + "\n");
    }
    void onData(std::string_view bytes) override {
        expectThat(open, "data belongs to a part");
        parts.back() += bytes;
    }
    void onPartEnd() override {
        expectThat(open, "an end belongs to a part");
        open = false;
    }
    std::vector<std::string> parts;
    bool open = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    test::FuzzInput input(data, size);
    const std::size_t step = 1 + input.byte() % 64;
    const std::string_view content_type = input.line();
    const std::string_view body = input.rest();
    const auto fields = readForm(content_type, body);
    if (fields) {
        expectThat(std::holds_alternative<sdk::Json>(sdk::parseJson(fields->dump())), "fields are good JSON");
    }
    const auto boundary = headerParameter(content_type, "boundary");
    if (!boundary) return 0;

    Found whole;
    MultipartReader at_once(*boundary, whole);
    const bool good = at_once.feed(body);
    Found pieces;
    MultipartReader piecewise(*boundary, pieces);
    bool good_so_far = true;
    for (std::size_t at = 0; good_so_far && at < body.size(); at += step) {
        good_so_far = piecewise.feed(body.substr(at, step));
    }
    expectThat(whole.parts.size() <= MultipartReader::kMaxParts, "parts are bounded");
    expectThat(good == good_so_far, "pieces are as good as the whole");
    if (!good) return 0;
    expectThat(at_once.complete() == piecewise.complete(), "pieces end as the whole does");
    if (at_once.complete()) expectThat(!whole.open, "a whole form ends its last part");
    if (at_once.complete()) expectThat(whole.parts == pieces.parts, "pieces hold what the whole holds");
    return 0;
}
