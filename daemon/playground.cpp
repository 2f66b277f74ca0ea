#include "playground.h"

#include "linkup/sdk/error.h"
#include "static_pages.h"

namespace linkup::daemon {

namespace {

constexpr const char* kPlace = "/try";
constexpr const char* kOwner = "the playground";
constexpr int kMostPeople = 100;

}  // namespace

Playground::Playground(Gateway& gateway, RegistrationBook& book, const std::filesystem::path& folder,
                       FillDemo fill) {
    addPages(gateway, book, folder);
    addPeople(gateway, book, std::move(fill));
}

void Playground::addPages(Gateway& gateway, RegistrationBook& book, const std::filesystem::path& folder) {
    for (StaticPage& page : readApplication(folder, kPlace)) {
        const std::string path = page.path;
        registrations_.add(book.claim(RegistrationKind::kRoute, routeKey("GET", path),
                                      {kOwner, "GET " + path, "development only"}));
        registrations_.add(holding(gateway.addPage(
            path, [page = std::move(page)](const sdk::Request& request) { return page.answer(request); })));
    }
}

void Playground::addPeople(Gateway& gateway, RegistrationBook& book, FillDemo fill) {
    sdk::RouteSpec spec;
    spec.method = sdk::Method::kPost;
    spec.path = std::string(kPlace) + "/people";
    spec.auth = sdk::Auth::kNone;
    spec.summary = "Makes demo people for the page at /try; wants X-Linkup-Try. In development only.";
    spec.body_kind = sdk::BodyKind::kJson;
    spec.body = sdk::Schema::object({{"count", sdk::Schema::integer().min(1).max(kMostPeople)}});
    spec.responses = {403};
    registrations_.add(book.claim(RegistrationKind::kRoute, routeKey("POST", spec.path),
                                  {kOwner, "POST " + spec.path, "development only"}));
    auto handler = [this, fill = std::move(fill)](const sdk::Request& request) {
        // A page from elsewhere can send no such header without asking first, and nobody says yes to that.
        if (request.header("x-linkup-try").empty())
            throw sdk::Error(sdk::ErrorCode::kForbidden, "This is for the page at /try only");
        const std::lock_guard one_at_a_time(filling_);
        fill(static_cast<int>(request.body["count"].asInteger()));
        return sdk::Response::json(sdk::Json::object({{"people", request.body["count"]}}));
    };
    registrations_.add(holding(gateway.addRoute(kOwner, std::move(spec), std::move(handler))));
}

}  // namespace linkup::daemon
