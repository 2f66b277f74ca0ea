#include <linkup/sdk/plugin.h>
#include <sodium.h>

#include <chrono>
#include <memory>
#include <stdexcept>

#include "adoption.h"
#include "cleanup_service.h"
#include "delivery_service.h"
#include "file_endpoints.h"
#include "file_store.h"
#include "local_storage.h"
#include "media_endpoints.h"
#include "media_migrations.h"
#include "media_options.h"
#include "ownership_service.h"
#include "s3_storage.h"
#include "upload_service.h"
#include "url_service.h"

namespace linkup::media {

namespace {

constexpr const char* kRequestPool = "requests";
/// The pool that fetches files of a store, so that a slow store keeps nobody else waiting.
constexpr const char* kFetchPool = "files";
constexpr int kFetchQueue = 256;

/// All parts of the plugin, in the order in which they need each other.
struct Parts {
    Parts(const MediaOptions& options, sdk::Host& host)
        : urls(options, host.clock()),
          uploads(host.database(), host.hooks(), host.clock(), urls, options.quality, options.image_threads),
          delivery(urls, host.clock()),
          cleanup(host.database(), host.hooks(), host.clock(), host.log()) {}

    UrlService urls;
    OwnershipService ownership;
    UploadService uploads;
    DeliveryService delivery;
    CleanupService cleanup;
    std::unique_ptr<FileStorage> storage;  // these two from start on
    std::unique_ptr<FaceFinder> faces;
};

}  // namespace

class MediaPlugin : public sdk::Plugin {
public:
    MediaPlugin() {
        if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be initialised");
    }

    void configure(sdk::Config& config) override { options_ = readOptions(config); }

    void registerWith(sdk::Registrar& registrar, sdk::Host& host) override {
        host_ = &host;
        parts_ = std::make_unique<Parts>(options_, host);
        registrar.migrations(sql::migrations());
        registrar.pool({kImagePool, options_.image_threads, options_.image_queue});
        registrar.provide<sdk::MediaUrls>(parts_->urls);
        registrar.provide<sdk::MediaFiles>(parts_->ownership);
        registerUploadEndpoints(registrar, parts_->uploads, parts_->urls);
        const bool fetches =
            options_.storage == StorageKind::kS3 && options_.s3.delivery == S3Delivery::kDaemon;
        if (fetches) registrar.pool({kFetchPool, options_.s3.threads, kFetchQueue});
        registerFileEndpoints(registrar, parts_->delivery, fetches ? kFetchPool : kRequestPool);
        registerCleanup(registrar);
        registrar.hook("legacy.import", 0, [&host](sdk::Connection& connection, sdk::Json& payload) {
            adoptFiles(connection, payload, host.clock().now());
            return sdk::HookVerdict::pass();
        });
        registrar.hook("account.export", 0, [](sdk::Connection& connection, sdk::Json& payload) {
            if (!payload["user_id"].isInteger()) return sdk::HookVerdict::pass();
            payload.set("media", file_store::ofUser(connection, payload["user_id"].asInteger()));
            return sdk::HookVerdict::pass();
        });
    }

    void start() override {
        prepareImages();
        parts_->faces = std::make_unique<FaceFinder>(options_.cascade);
        if (options_.storage == StorageKind::kS3) {
            parts_->storage =
                std::make_unique<S3Storage>(options_.s3, host_->clock(), host_->log(), host_->metrics());
        } else {
            parts_->storage = std::make_unique<LocalStorage>(options_.folder);
        }
        parts_->uploads.use(*parts_->storage, *parts_->faces);
        parts_->delivery.use(*parts_->storage);
        parts_->cleanup.use(*parts_->storage);
    }
    void stop() noexcept override {}

private:
    void registerCleanup(sdk::Registrar& registrar) {
        sdk::TaskSpec cleanup;
        cleanup.name = "remove_unreferenced";
        cleanup.schedule = sdk::Every{std::chrono::minutes(10)};
        cleanup.run = [this](const sdk::TaskRun&) { parts_->cleanup.run(); };
        registrar.task(std::move(cleanup));

        registrar.hook("account.deleted", 0, [this](sdk::Connection& connection, sdk::Json& payload) {
            parts_->cleanup.abandon(connection, payload["user_id"].asInteger());
            connection.afterCommit([this] {
                // A full pool does not matter: the task comes round.
                static_cast<void>(host_->workers().post(kImagePool, [this] { parts_->cleanup.run(); }));
            });
            return sdk::HookVerdict::pass();
        });
    }

    MediaOptions options_;
    sdk::Host* host_ = nullptr;
    std::unique_ptr<Parts> parts_;
};

}  // namespace linkup::media

LINKUP_DECLARE_PLUGIN(linkup::media::MediaPlugin, "media", "1.0.0", "", "Takes, keeps and serves files")
