#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "linkup/sdk/json.h"
#include "multipart_reader.h"

namespace linkup::daemon {

/// Reads the text fields of a form: an object of texts, the last of several with one name. Empty fields count
/// as absent and files are passed over. Without a value: the body is not what `content_type` says, or holds
/// something else than UTF-8. Any other content type than the two of forms has no fields.
std::optional<sdk::Json> readForm(std::string_view content_type, std::string_view body);

/// Keeps the text fields of a multipart form, as above.
class TextFields final : public MultipartReader::Sink {
public:
    void onPart(const MultipartReader::Part& part) override;
    void onData(std::string_view bytes) override;
    void onPartEnd() override;
    /// Without a value: something was not UTF-8.
    std::optional<sdk::Json> take();

private:
    sdk::Json fields_ = sdk::Json::object();
    std::string name_;
    std::string value_;
    bool wanted_ = false;
    bool readable_ = true;
};

/// The media type in lower case without parameters: "application/json".
std::string mediaTypeOf(std::string_view content_type);

}  // namespace linkup::daemon
