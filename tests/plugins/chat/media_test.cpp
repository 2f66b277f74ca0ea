#include <cppunit/extensions/HelperMacros.h>

#include "chat_fixture.h"
#include "media_store.h"

namespace linkup::test {

/// Which files messages refer to, on both databases.
template <Backend kBackend>
class ChatMediaTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ChatMediaTest);
    CPPUNIT_TEST(fileOfAMessageIsReferredTo);
    CPPUNIT_TEST_SUITE_END();

public:
    void fileOfAMessageIsReferredTo() {
        ChatTown chat(kBackend);
        const auto room = chat.openRoom(1, 2);
        chat.send(ChatTown::draft(room, 1, 2, 1));
        auto with_file = ChatTown::draft(room, 1, 2, 2);
        with_file.file_key = "sw/media/1/a.webp";
        with_file.media = R"({"media_type":"image","file_key":"sw/media/1/a.webp","metadata":{}})";
        chat.send(with_file);
        sdk::Json payload =
            sdk::Json::object({{"files", sdk::Json::array()}, {"referenced", sdk::Json::array({"x"})}});
        sdk::Json files = sdk::Json::array();
        for (const auto& [key, user] : {std::pair{"sw/media/1/a.webp", 1},
                                        {"sw/media/1/b.webp", 1},
                                        {"sw/media/2/a.webp", 2},
                                        {"sw/media/3/a.webp", 3}}) {
            files.push(sdk::Json::object({{"file_key", key}, {"user_id", user}}));
        }
        payload.set("files", files);
        chat.town.database().transaction(
            [&](sdk::Connection& connection) { chat::media_store::addReferenced(connection, payload); });
        CPPUNIT_ASSERT_EQUAL(std::string(R"(["x","sw/media/1/a.webp"])"), payload.at("referenced").dump());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ChatMediaTest<Backend::kSqlite>);
CPPUNIT_TEST_SUITE_REGISTRATION(ChatMediaTest<Backend::kPostgresql>);

}  // namespace linkup::test
