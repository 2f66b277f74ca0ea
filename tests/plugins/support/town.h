#pragma once

#include <linkup/sdk/services/candidates.h>
#include <linkup/sdk/services/profiles.h>
#include <linkup/sdk/testing/fake_clock.h>
#include <linkup/sdk/testing/fake_host.h>

#include <memory>
#include <string>
#include <vector>

#include "daemon/services/database.h"
#include "tests/support/temporary_folder.h"

namespace linkup::test {

enum class Backend { kSqlite, kPostgresql };

/// A real, empty database with people in it, as plugin auth would publish them, and fakes of all else. What a
/// plugin's tests stand on.
class Town {
public:
    explicit Town(Backend backend);
    ~Town();

    /// Applies a plugin's migrations.
    void migrate(const std::string& owner, const std::vector<sdk::Migration>& migrations);
    /// Somebody with a complete profile.
    void addPerson(sdk::UserId id, const std::string& gender, const std::string& interested_gender);
    void deletePerson(sdk::UserId id);
    void setHometown(sdk::UserId id, const std::string& hometown);
    void setMaxDistance(sdk::UserId id, std::int64_t kilometres);

    /// Where the database is.
    const std::string& url() const { return url_; }
    daemon::PooledDatabase& database() { return *database_; }
    sdk::testing::FakeHost& host() { return *host_; }
    sdk::Profiles& profiles() { return *profiles_; }
    sdk::Candidates& candidates() { return *candidates_; }
    /// A number that `sql` selects.
    std::int64_t number(std::string_view sql);

private:
    TemporaryFolder folder_;
    std::string url_;
    sdk::testing::RecordingLog log_;
    std::unique_ptr<daemon::PooledDatabase> database_;
    std::unique_ptr<sdk::testing::FakeHost> host_;
    std::unique_ptr<sdk::Profiles> profiles_;
    sdk::Candidates* candidates_ = nullptr;
};

}  // namespace linkup::test
