#include "auth_town.h"

#include <algorithm>
#include <cctype>

#include "auth_migrations.h"
#include "daemon/services/migrations.h"
#include "tests/support/private_postgres.h"

extern "C" const linkup::sdk::PluginDescriptor linkup_plugin_descriptor;

namespace linkup::test {

AuthDatabase::AuthDatabase(AuthBackend backend) {
    daemon::DatabaseSettings settings;
    settings.url = backend == AuthBackend::kSqlite ? "sqlite:" + (folder_ / "auth.db").string()
                                                   : PrivatePostgres::shared().createDatabase();
    settings.wait_ms = 60'000;
    database_ = daemon::openDatabase(settings, log_);
    const auto migrations = auth::sql::migrations();
    daemon::Migrator(*database_, log_).apply("auth", migrations);
}

std::int64_t AuthDatabase::number(std::string_view sql) {
    return sdk::read(*database_,
                     [&](sdk::Connection& connection) { return connection.execute(sql).integer(0, 0); });
}

AuthTown::AuthTown(AuthBackend backend, Options options)
    : options_(std::move(options)), database_(backend), host_(std::make_unique<AuthHost>(switched_)) {
    // What a test does not ask for should not be in its way.
    for (const char* limit : {"code.resend_seconds", "code.per_email_hour", "code.per_address_hour"}) {
        options_.try_emplace(limit, "0");
    }
    options_.try_emplace("password.passes", "1");
    options_.try_emplace("password.memory_bytes", "8192");
    startPlugin();
}

AuthTown::~AuthTown() {
    plugin_->stop();
}

void AuthTown::restart() {
    plugin_->stop();
    registrar_ = {};
    plugin_.reset();
    startPlugin();
}

void AuthTown::startPlugin() {
    plugin_.reset(linkup_plugin_descriptor.create());
    sdk::testing::FakeConfig config;
    for (const auto& [key, value] : options_) config.set(key, value);
    plugin_->configure(config);
    plugin_->registerWith(registrar_, *host_);
    plugin_->start();
}

sdk::Json AuthTown::get(const std::string& path, const std::string& token, sdk::Json parameters,
                        sdk::Json query) {
    sdk::Request request;
    request.parameters = parameters.isNull() ? sdk::Json::object() : std::move(parameters);
    request.query = query.isNull() ? sdk::Json::object() : std::move(query);
    return call(sdk::Method::kGet, path, std::move(request), token);
}

sdk::Json AuthTown::post(const std::string& path, sdk::Json body, const std::string& token,
                         const std::string& address) {
    sdk::Request request;
    request.body = std::move(body);
    request.peer = address;
    request.headers = {{"user-agent", "Dart/3.10 (dart:io)"}};
    return call(sdk::Method::kPost, path, std::move(request), token);
}

sdk::Json AuthTown::erase(const std::string& path, const std::string& token) {
    return call(sdk::Method::kDelete, path, {}, token);
}

sdk::Json AuthTown::call(sdk::Method method, const std::string& path, sdk::Request request,
                         const std::string& token) {
    if (!token.empty()) {
        const auto answer = authenticator().verify(token);
        if (answer.outcome != sdk::Authenticator::Outcome::kAccepted) {
            throw sdk::Error(sdk::ErrorCode::kUnauthenticated, "Invalid token");
        }
        request.principal = answer.principal;
    }
    if (request.peer.empty()) request.peer = kAddress;
    if (request.received_at == sdk::Time{}) request.received_at = host_->fake_clock.now();
    return sdk::parseTrustedJson(registrar_.call(method, "/api/v1" + path, std::move(request)).body);
}

void AuthTown::sendCode(const std::string& email, const std::string& address) {
    sdk::Request request;
    request.query = sdk::Json::object({{"email", email}});
    request.peer = address;
    call(sdk::Method::kGet, "/verify-email", std::move(request), {});
}

int AuthTown::newestCode() {
    const std::string& text = host_->fake_mailer.mails().back().text;
    const auto digit = [](unsigned char c) { return std::isdigit(c) != 0; };
    const auto first =
        std::search_n(text.begin(), text.end(), 6, true, [&](char c, bool) { return digit(c); });
    return std::stoi(std::string(first, first + 6));
}

std::string AuthTown::prove(const std::string& email, const std::string& subject) {
    sendCode(email);
    const auto reply = post(
        "/verify-otp", sdk::Json::object({{"email", email}, {"otp", newestCode()}, {"subject", subject}}));
    return reply.at("email_hash").asString();
}

Citizen AuthTown::signUp(const std::string& email) {
    const auto reply =
        post("/signup", sdk::Json::object({{"email_hash", prove(email)}, {"password", kPassword}}));
    return {email, reply.at("access_token").asString(), reply.at("refresh_token").asString(),
            reply.at("user_id").asInteger()};
}

Citizen AuthTown::logIn(const std::string& email, const std::string& password, const std::string& address) {
    const auto reply =
        post("/token", sdk::Json::object({{"username", email}, {"password", password}}), {}, address);
    return {email, reply.at("access_token").asString(), reply.at("refresh_token").asString(),
            reply.at("user_id").asInteger()};
}

Citizen AuthTown::settle(const std::string& email, const std::string& gender) {
    Citizen citizen = signUp(email);
    post("/register", profileBody(gender), citizen.access_token);
    return citizen;
}

sdk::Json AuthTown::profileBody(const std::string& gender) {
    sdk::Json body = sdk::Json::object({{"username", "Alice"},
                                        {"gender", gender},
                                        {"interested_gender", gender == "Male" ? "Female" : "Male"},
                                        {"dob", "2003-05-17T00:00:00.000"},
                                        {"university_major", "Computer Science"},
                                        {"university_year", 2},
                                        {"about", "I am Alice"},
                                        {"currently_staying", "Campus Hostel"},
                                        {"hometown", "Manipal, Karnataka"},
                                        {"height", 170},
                                        {"weight", sdk::Json()},
                                        {"smoking_info", "No"},
                                        {"drinking_info", "Occasionally"},
                                        {"looking_for", "Serious"}});
    const auto picture = [](const char* name) {
        return sdk::Json::object({{"file_key", std::string("sw/media/alice/") + name},
                                  {"blurhash", "LEHV6nWB2yk8pyo0adR*.7kCMdnj"},
                                  {"url", "https://elsewhere.example/x"}});
    };
    body.set("profile_picture", picture("face.webp"));
    body.set("photos", sdk::Json::array({picture("1.webp"), picture("2.webp")}));
    return body;
}

sdk::Authenticator& AuthTown::authenticator() {
    return *static_cast<sdk::Authenticator*>(
        registrar_.services.find(sdk::Authenticator::kServiceName)->second);
}

sdk::Candidates& AuthTown::candidates() {
    return *static_cast<sdk::Candidates*>(registrar_.services.find(sdk::Candidates::kServiceName)->second);
}

sdk::Profiles& AuthTown::profiles() {
    return *static_cast<sdk::Profiles*>(registrar_.services.find(sdk::Profiles::kServiceName)->second);
}

}  // namespace linkup::test
