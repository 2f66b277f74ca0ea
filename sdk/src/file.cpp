#include "linkup/sdk/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "linkup/sdk/error.h"

namespace linkup::sdk {

std::shared_ptr<const File> File::open(const std::string& path) {
    // Not to be kept waiting by a pipe of that name.
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) throw Error(ErrorCode::kNotFound, "Not Found");
    return std::make_shared<const File>(descriptor);
}

std::shared_ptr<const File> File::holding(std::string_view bytes) {
    const int descriptor = ::memfd_create("bytes", MFD_CLOEXEC);
    std::size_t done = 0;
    while (descriptor >= 0 && done < bytes.size()) {
        const ssize_t count = ::write(descriptor, bytes.data() + done, bytes.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) break;
        done += static_cast<std::size_t>(count);
    }
    if (descriptor < 0 || done < bytes.size()) {
        if (descriptor >= 0) ::close(descriptor);
        throw Error(ErrorCode::kInternal, "a file in memory cannot be had");
    }
    return std::make_shared<const File>(descriptor);
}

File::File(int descriptor) : descriptor_(descriptor) {
    struct stat about {};
    if (::fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode)) {
        ::close(descriptor);
        throw Error(ErrorCode::kNotFound, "Not Found");
    }
    size_ = static_cast<std::uint64_t>(about.st_size);
}

File::~File() {
    ::close(descriptor_);
}

std::size_t File::read(std::uint64_t offset, std::span<char> into) const {
    std::size_t done = 0;
    while (done < into.size()) {
        const ssize_t count =
            ::pread(descriptor_, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw Error(ErrorCode::kInternal, "a file cannot be read");
        if (count == 0) break;
        done += static_cast<std::size_t>(count);
    }
    return done;
}

}  // namespace linkup::sdk
