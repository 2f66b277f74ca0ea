#include <cppunit/extensions/HelperMacros.h>

#include <stdexcept>

#include "linkup/sdk/database.h"

using namespace linkup::sdk;

namespace {

class RowsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(RowsTest);
    CPPUNIT_TEST(cellsAreFoundByRowAndColumn);
    CPPUNIT_TEST(booleansAndIntegersReadAsEachOther);
    CPPUNIT_TEST(nullsAreOnlyReadAsOptional);
    CPPUNIT_TEST(wrongTypesThrow);
    CPPUNIT_TEST(raggedRowsAreRefused);
    CPPUNIT_TEST_SUITE_END();

public:
    void cellsAreFoundByRowAndColumn() {
        const Rows rows(2, {std::int64_t{1}, std::string("a"), std::int64_t{2}, std::string("b")}, 2);
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, rows.size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, rows.affected());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, rows.integer(1, 0));
        CPPUNIT_ASSERT_EQUAL(std::string("b"), rows.text(1, 1));
        CPPUNIT_ASSERT_EQUAL(2.0, rows.real(1, 0));
        CPPUNIT_ASSERT(rows.time(1, 0) == fromMicros(2));
        CPPUNIT_ASSERT_THROW(rows.integer(2, 0), std::out_of_range);
        CPPUNIT_ASSERT(Rows().empty());
        CPPUNIT_ASSERT(Rows(0, {}, 3).empty());
    }

    void booleansAndIntegersReadAsEachOther() {
        const Rows rows(4, {true, false, std::int64_t{5}, std::int64_t{0}}, 1);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, rows.integer(0, 0));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, rows.integer(0, 1));
        CPPUNIT_ASSERT(rows.boolean(0, 0) && !rows.boolean(0, 1));
        CPPUNIT_ASSERT(rows.boolean(0, 2) && !rows.boolean(0, 3));
    }

    void nullsAreOnlyReadAsOptional() {
        const Rows rows(3, {nullptr, std::int64_t{7}, std::string("x")}, 1);
        CPPUNIT_ASSERT(rows.isNull(0, 0) && !rows.isNull(0, 1));
        CPPUNIT_ASSERT(!rows.optionalInteger(0, 0) && !rows.optionalText(0, 0));
        CPPUNIT_ASSERT(rows.optionalInteger(0, 1) == 7);
        CPPUNIT_ASSERT(rows.optionalText(0, 2) == "x");
        CPPUNIT_ASSERT_THROW(rows.integer(0, 0), std::bad_variant_access);
        CPPUNIT_ASSERT_THROW(rows.text(0, 0), std::bad_variant_access);
        CPPUNIT_ASSERT_THROW(rows.boolean(0, 0), std::bad_variant_access);
    }

    void wrongTypesThrow() {
        const Rows rows(2, {std::string("1"), 1.5}, 1);
        CPPUNIT_ASSERT_THROW(rows.integer(0, 0), std::bad_variant_access);
        CPPUNIT_ASSERT_THROW(rows.integer(0, 1), std::bad_variant_access);
        CPPUNIT_ASSERT_THROW(rows.optionalText(0, 1), std::bad_variant_access);
        CPPUNIT_ASSERT_THROW(rows.real(0, 0), std::bad_variant_access);
    }

    void raggedRowsAreRefused() {
        CPPUNIT_ASSERT_THROW(Rows(2, {true}, 1), std::invalid_argument);
        CPPUNIT_ASSERT_THROW(Rows(0, {true}, 1), std::invalid_argument);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RowsTest);

}  // namespace
