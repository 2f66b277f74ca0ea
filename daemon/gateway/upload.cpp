#include "upload.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace linkup::daemon {

Upload::Upload(const sdk::UploadSpec& spec, std::size_t max_field_bytes, std::string_view content_type,
               std::string folder, std::atomic<std::size_t>& active)
    : spec_(spec), max_field_bytes_(max_field_bytes), folder_(std::move(folder)), active_(active) {
    active_.fetch_add(1, std::memory_order_relaxed);
    if (mediaTypeOf(content_type) != "multipart/form-data") return;  // a form without any field
    const auto boundary = headerParameter(content_type, "boundary");
    if (boundary.has_value() && !boundary->empty()) {
        reader_.emplace(*boundary, *this);
    } else {
        fault_ = UploadFault::kMalformed;
    }
}

Upload::~Upload() {
    if (descriptor_ >= 0) ::close(descriptor_);
    active_.fetch_sub(1, std::memory_order_relaxed);
}

void Upload::feed(std::string_view bytes) {
    if (fault_ != UploadFault::kNone || !reader_.has_value()) return;
    if (!reader_->feed(bytes) && fault_ == UploadFault::kNone) fault_ = UploadFault::kMalformed;
}

void Upload::onPart(const MultipartReader::Part& part) {
    within_ = Within::kNothing;
    if (part.name == spec_.field) {
        if (!part.filename.has_value()) return;  // a text of that name is no file
        if (has_file_) fault_ = UploadFault::kMalformed;
        has_file_ = true;
        within_ = Within::kFile;
    } else if (!part.filename.has_value()) {
        within_ = Within::kField;
        fields_.onPart(part);
    }
}

void Upload::onData(std::string_view bytes) {
    if (fault_ != UploadFault::kNone) return;
    if (within_ == Within::kFile) {
        file_bytes_ += bytes.size();
        if (file_bytes_ > spec_.max_bytes) {
            fault_ = UploadFault::kTooLarge;
        } else {
            pending_.append(bytes);
        }
    } else if (within_ == Within::kField) {
        field_bytes_ += bytes.size();
        if (field_bytes_ > max_field_bytes_) {
            fault_ = UploadFault::kTooLarge;
        } else {
            fields_.onData(bytes);
        }
    }
}

void Upload::onPartEnd() {
    if (within_ == Within::kField) fields_.onPartEnd();
    within_ = Within::kNothing;
}

void Upload::open() {
    descriptor_ = ::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (descriptor_ >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return;
    // A file system without nameless files: the name lives for a moment.
    std::string name = folder_ + "/upload-XXXXXX";
    descriptor_ = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor_ >= 0) ::unlink(name.c_str());
}

void Upload::write() noexcept {
    if (fault_ != UploadFault::kNone) return;
    if (descriptor_ < 0) open();
    std::size_t done = 0;
    while (descriptor_ >= 0 && done < pending_.size()) {
        const ssize_t count = ::write(descriptor_, pending_.data() + done, pending_.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) break;
        done += static_cast<std::size_t>(count);
    }
    if (descriptor_ < 0 || done < pending_.size()) fault_ = UploadFault::kNoStorage;
    pending_.clear();
}

std::optional<sdk::Json> Upload::takeFields() {
    if (fault_ == UploadFault::kNone && reader_.has_value() && !reader_->complete())
        fault_ = UploadFault::kMalformed;
    if (fault_ != UploadFault::kNone) return std::nullopt;
    std::optional<sdk::Json> fields = fields_.take();
    if (!fields.has_value()) fault_ = UploadFault::kMalformed;
    if (fields.has_value() && has_file_) fields->set(spec_.field, "file");
    return fields;
}

void Upload::finish(sdk::Request& request) {
    if (!has_file_) return;
    write();
    std::string().swap(pending_);
    if (fault_ != UploadFault::kNone) return;
    request.files.push_back({spec_.field, std::make_shared<const sdk::File>(std::exchange(descriptor_, -1))});
}

}  // namespace linkup::daemon
