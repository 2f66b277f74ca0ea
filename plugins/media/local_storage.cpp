#include "local_storage.h"

#include <fcntl.h>
#include <linkup/sdk/error.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "file_key.h"

namespace linkup::media {

namespace fs = std::filesystem;

namespace {

/// What is not complete yet has this ending, which no key has: they end in a file's kind.
constexpr const char* kPartial = ".partial";

[[noreturn]] void refuse() {
    throw sdk::Error(sdk::ErrorCode::kUnavailable, "The file cannot be stored. Please try again.");
}

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return number_; }

private:
    int number_;
};

bool writeAll(int to, const char* data, std::size_t size) {
    while (size > 0) {
        const ssize_t count = ::write(to, data, size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        data += count;
        size -= static_cast<std::size_t>(count);
    }
    return true;
}

bool copy(const sdk::File& from, int to) {
    std::array<char, 64 * 1024> buffer;
    for (std::uint64_t at = 0; at < from.size();) {
        const std::size_t count = from.read(at, buffer);
        if (count == 0 || !writeAll(to, buffer.data(), count)) return false;
        at += count;
    }
    return ::fsync(to) == 0;
}

/// So that the new name outlives a power cut, too.
bool syncFolder(const fs::path& folder) {
    const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return opened.get() >= 0 && ::fsync(opened.get()) == 0;
}

bool write(const fs::path& path, const sdk::File& content) {
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640));
    return file.get() >= 0 && copy(content, file.get());
}

}  // namespace

LocalStorage::LocalStorage(fs::path folder) : folder_(std::move(folder)) {
    std::error_code error;
    fs::create_directories(folder_, error);
    if (error) {
        throw sdk::Error(sdk::ErrorCode::kUnavailable,
                         "the folder of files cannot be made: " + error.message());
    }
}

fs::path LocalStorage::pathOf(const std::string& file_key) const {
    // No key that a stranger has a hand in leads out of the folder.
    if (!isPlain(file_key)) throw sdk::Error(sdk::ErrorCode::kNotFound, "Not Found");
    return folder_ / file_key;
}

void LocalStorage::put(const std::string& file_key, const sdk::File& content) {
    const fs::path path = pathOf(file_key);
    const fs::path partial = path.string() + kPartial;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    const bool written = !error && write(partial, content) && std::rename(partial.c_str(), path.c_str()) == 0;
    if (written && syncFolder(path.parent_path())) return;
    ::unlink(partial.c_str());
    ::unlink(path.c_str());
    refuse();
}

std::shared_ptr<const sdk::File> LocalStorage::open(const std::string& file_key) {
    return sdk::File::open(pathOf(file_key).string());
}

void LocalStorage::remove(const std::string& file_key) {
    const fs::path path = pathOf(file_key);
    ::unlink((path.string() + kPartial).c_str());  // of a node that died while it wrote
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) refuse();
}

}  // namespace linkup::media
