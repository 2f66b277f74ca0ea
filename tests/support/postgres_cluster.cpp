#include "postgres_cluster.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "process.h"

namespace fs = std::filesystem;

namespace linkup::test {
namespace {

/// Holds an exclusive lock on a file for its lifetime, against other test programs.
class FileLock {
public:
    explicit FileLock(const fs::path& file) : file_(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
        if (file_ < 0 || flock(file_, LOCK_EX) != 0) throw std::runtime_error("cannot lock " + file.string());
    }
    ~FileLock() { close(file_); }

    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

private:
    int file_;
};

void runInitdb(const fs::path& folder) {
    ProcessOptions initdb;
    initdb.command = {postgresProgram("initdb").string(),
                      "--pgdata=" + folder.string(),
                      "--username=postgres",
                      "--auth=trust",
                      "--encoding=UTF8",
                      "--locale=C.UTF-8",
                      "--no-sync",
                      "--no-instructions"};
    initdb.user = postgresUser();
    initdb.workingFolder = "/";
    runOrThrow(initdb);
}

void giveToServer(const fs::path& folder) {
    if (postgresUser().empty()) return;
    ProcessOptions chown;
    chown.command = {"chown", "-R", postgresUser() + ":", folder.string()};
    runOrThrow(chown);
}

void copyFolder(const fs::path& from, const fs::path& to) {
    ProcessOptions copy;
    copy.command = {"cp", "-a", "--", from.string(), to.string()};
    runOrThrow(copy);
}

/// The cluster that all others are copied from, in the build folder. It is renamed to its name when complete,
/// so that a test that is killed here leaves nothing half-made.
fs::path templateCluster() {
    const fs::path cache = LINKUP_TEST_CACHE;
    fs::create_directories(cache);
    const std::string version = postgresProgram("postgres").parent_path().parent_path().filename().string();
    const fs::path ready = cache / ("postgresql-" + version);
    const FileLock lock(cache / "lock");
    if (fs::exists(ready)) return ready;

    TemporaryFolder folder;  // the server's user may not be able to enter the build folder
    giveToServer(folder.path());
    runInitdb(folder / "cluster");
    const fs::path copy = ready.string() + ".unfinished";
    fs::remove_all(copy);
    copyFolder(folder / "cluster", copy);
    fs::rename(copy, ready);
    return ready;
}

}  // namespace

fs::path postgresProgram(const std::string& name) {
    fs::path found;
    int newest = 0;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", error)) {
        const int version = std::atoi(entry.path().filename().c_str());
        const fs::path program = entry.path() / "bin" / name;
        if (version > newest && fs::exists(program)) {
            newest = version;
            found = program;
        }
    }
    if (found.empty())
        throw std::runtime_error("no PostgreSQL server below /usr/lib/postgresql: install postgresql");
    return found;
}

std::string postgresUser() {
    return geteuid() == 0 ? "postgres" : "";
}

void makeCluster(const fs::path& folder) {
    copyFolder(templateCluster(), folder);
    giveToServer(folder);
}

}  // namespace linkup::test
