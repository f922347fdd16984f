// The page of faces, and the small pictures on it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "face.h"
#include "lamina/explain/report.h"
#include "lamina/image/detail/resample.h"

namespace lamina::cli {

Picture face_crop(const Picture& picture, const face::Box& box) {
  constexpr int kSide = 112;
  const double side = 1.3 * std::max({box.width(), box.height(), 1.0});
  const int left = static_cast<int>(std::floor((box.left + box.right - side) / 2)),
            top = static_cast<int>(std::floor((box.top + box.bottom - side) / 2)),
            extent = std::clamp(static_cast<int>(side), 1, 4 * std::max(picture.width, picture.height));
  Picture part{extent, extent, 3, std::vector<uint8_t>(static_cast<size_t>(extent) * static_cast<size_t>(extent) * 3)};
  for (int y = std::max(0, -top); y < std::min(extent, picture.height - top); ++y) {
    for (int x = std::max(0, -left); x < std::min(extent, picture.width - left); ++x) {
      for (int c = 0; c < 3; ++c) {
        const int channel = picture.channels < 3 ? 0 : c;
        part.pixels[static_cast<size_t>((y * extent + x) * 3 + c)] =
            picture.pixels[static_cast<size_t>(((y + top) * picture.width + x + left) * picture.channels + channel)];
      }
    }
  }
  return detail::resample(part, {0, 0, extent, extent}, kSide, kSide, "bilinear");
}

std::string faces_page(const std::string& title, const std::vector<FaceOnPage>& faces) {
  std::string page = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title>\n"
      "<meta name=\"generator\" content=\"lamina\"><meta name=\"viewport\" content=\"width=device-width\">\n<style>\n"
      ":root {{ color-scheme: light dark; }}\nbody {{ font: 15px/1.4 system-ui, sans-serif; margin: 2rem; }}\n"
      "main {{ display: flex; flex-wrap: wrap; gap: 1rem; }}\nfigure {{ margin: 0; width: 112px; }}\n"
      "img {{ display: block; border: 3px solid #b0452f; border-radius: 4px; width: 106px; }}\n"
      ".known img {{ border-color: #2f8f4e; }}\nfigcaption {{ overflow-wrap: anywhere; }}\n"
      "small {{ color: gray; }}\n</style></head>\n<body><div class=\"brand\">Lamina report</div>\n<h1>{0}</h1>\n<p>{1} face{2}.</p>\n<main>\n",
      html_escape(title), faces.size(), faces.size() == 1 ? "" : "s");
  for (const FaceOnPage& face : faces) {
    page += fmt::format(
        "<figure{}><img alt=\"{}\" src=\"data:image/png;base64,{}\"><figcaption>{}<br><small>{}</small>"
        "</figcaption></figure>\n",
        face.known ? " class=\"known\"" : "", html_escape(face.title), base64(encode_png(face.picture)),
        html_escape(face.title), html_escape(face.note));
  }
  return page + "</main></body></html>\n";
}

}  // namespace lamina::cli
