#include "temporary_folder.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <fstream>
#include <mutex>
#include <sstream>
#include <stdexcept>

namespace fs = std::filesystem;

namespace linkup::test {
namespace {

constexpr std::string_view kPrefix = "linkup-test-";

bool isLeftBehind(const fs::directory_entry& entry) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix)) return false;
    pid_t owner = 0;
    const char* const digits = name.data() + kPrefix.size();
    std::from_chars(digits, name.data() + name.size(), owner);
    if (owner <= 0 || kill(owner, 0) == 0 || errno != ESRCH) return false;
    std::error_code error;
    const auto written = entry.last_write_time(error);
    return !error && fs::file_time_type::clock::now() - written > std::chrono::hours{1};
}

void removeLeftBehind(const fs::path& where) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(where, error)) {
        std::error_code ignored;
        if (isLeftBehind(entry)) fs::remove_all(entry.path(), ignored);
    }
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
    const fs::path where = fs::temp_directory_path();
    static std::once_flag swept;
    std::call_once(swept, removeLeftBehind, where);

    std::string name = (where / (std::string(kPrefix) + std::to_string(getpid()) + "-XXXXXX")).string();
    if (mkdtemp(name.data()) == nullptr)
        throw fs::filesystem_error("mkdtemp", name, std::error_code(errno, std::generic_category()));
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

std::string readFile(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream content;
    content << in.rdbuf();
    if (!in.is_open()) throw std::runtime_error("cannot read " + file.string());
    return content.str();
}

void writeFile(const fs::path& file, std::string_view content) {
    fs::path unfinished = file;
    unfinished += ".unfinished";
    std::ofstream out(unfinished, std::ios::binary | std::ios::trunc);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    out.close();
    if (!out) throw std::runtime_error("cannot write " + file.string());
    fs::rename(unfinished, file);
}

}  // namespace linkup::test
