#pragma once

#include <cppunit/TestFixture.h>

#include "database_fixture.h"

namespace linkup::test {

/// A suite that runs against each database: one subclass a source registers it.
class DatabaseSuite : public CppUnit::TestFixture {
public:
    void setUp() override {
        url_ = source().newUrl();
        open(settingsFor(url_));
    }

    void tearDown() override { database_.reset(); }

protected:
    virtual DatabaseSource& source() = 0;

    void open(const daemon::DatabaseSettings& settings) {
        database_.reset();
        database_ = daemon::openDatabase(settings, log_);
    }

    void script(const std::string& text) {
        database_->script([&](daemon::ScriptConnection& connection) { connection.runScript(text); });
    }

    sdk::Rows execute(std::string_view sql, std::initializer_list<sdk::SqlValue> values = {}) {
        sdk::Rows rows;
        database_->transaction([&](sdk::Connection& connection) { rows = connection.execute(sql, values); });
        return rows;
    }

    sdk::Rows query(std::string_view sql, std::initializer_list<sdk::SqlValue> values = {}) {
        sdk::Rows rows;
        database_->read([&](sdk::Connection& connection) { rows = connection.execute(sql, values); });
        return rows;
    }

    bool isPostgresql() const { return database_->dialect() == sdk::Dialect::kPostgresql; }

    std::string url_;
    RecordingLog log_;
    std::unique_ptr<daemon::PooledDatabase> database_;
};

}  // namespace linkup::test
