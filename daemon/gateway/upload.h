#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>

#include "form_reader.h"
#include "linkup/sdk/http.h"
#include "multipart_reader.h"

namespace linkup::daemon {

/// What is wrong with an upload.
enum class UploadFault {
    kNone,
    kMalformed,  ///< no such form
    kTooLarge,
    kNoStorage,  ///< the disk does not take it
};

/// A form with a file on its way: takes the body as it comes, keeps its text fields and writes the file into
/// one without a name, which the kernel removes however this process ends.
///
/// Threading: one call at a time; `write` blocks.
class Upload final : public MultipartReader::Sink {
public:
    /// Counts itself in `active` while it lives. `folder` is where the file's bytes go.
    Upload(const sdk::UploadSpec& spec, std::size_t max_field_bytes, std::string_view content_type,
           std::string folder, std::atomic<std::size_t>& active);
    ~Upload() override;
    Upload(const Upload&) = delete;
    Upload& operator=(const Upload&) = delete;

    /// Never blocks. After a fault it takes no more.
    void feed(std::string_view bytes);
    /// Whether so much waits in memory that it must be written before more is read.
    bool wantsWriting() const noexcept { return pending_.size() >= kPiece; }
    /// Puts what waits on disk.
    void write() noexcept;
    /// After the body's end: writes the rest and puts fields and file into the request.
    void finish(sdk::Request& request);
    /// The text fields; those that were too many or no UTF-8 are a fault. Once, after the body's end.
    std::optional<sdk::Json> takeFields();
    UploadFault fault() const noexcept { return fault_; }

private:
    static constexpr std::size_t kPiece = 256 * 1024;
    void onPart(const MultipartReader::Part& part) override;
    void onData(std::string_view bytes) override;
    void onPartEnd() override;
    void open();

    const sdk::UploadSpec& spec_;
    const std::size_t max_field_bytes_;
    const std::string folder_;
    std::atomic<std::size_t>& active_;
    std::optional<MultipartReader> reader_;
    TextFields fields_;
    std::size_t field_bytes_ = 0;
    enum class Within { kNothing, kField, kFile } within_ = Within::kNothing;
    bool has_file_ = false;
    std::uint64_t file_bytes_ = 0;
    std::string pending_;
    int descriptor_ = -1;
    UploadFault fault_ = UploadFault::kNone;
};

}  // namespace linkup::daemon
