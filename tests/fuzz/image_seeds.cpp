// Writes small images of each kind that is taken into a folder.

#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/plugins/media/test_images.h"

using linkup::test::ImageSpec;
using linkup::test::makeImage;

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: image_seeds FOLDER\n";
        return 1;
    }
    const ImageSpec plain{.width = 16, .height = 12};
    const ImageSpec turned{.width = 24, .height = 8, .orientation = 6, .located = true};
    const ImageSpec grey{.width = 9, .height = 9, .bands = 1};
    const ImageSpec clear{.width = 16, .height = 16, .bands = 4};
    int count = 0;
    for (const char* suffix : {".jpg", ".jpg[interlace]", ".png", ".png[interlace]", ".png[palette]", ".webp",
                               ".webp[lossless]", ".gif", ".heic"}) {
        for (const ImageSpec& spec : {plain, turned, grey, clear}) {
            const auto file = std::filesystem::path(argv[1]) / ("seed" + std::to_string(count++));
            std::ofstream(file, std::ios::binary) << makeImage(suffix, spec);
        }
    }
}
