// The page of faces, and the small pictures on it.
#include <fmt/format.h>

#include <algorithm>

#include "face.h"
#include "lamina/explain/report.h"
#include "lamina/face/alignment.h"

namespace lamina::cli {

Picture face_crop(const Picture& picture, const face::Box& box) {
  const double half = 0.65 * std::max({box.width(), box.height(), 1.0}), x = (box.left + box.right) / 2,
               y = (box.top + box.bottom) / 2;
  return face::crop(picture, {x - half, y - half, x + half, y + half}, 112);
}

std::string faces_page(const std::string& title, const std::vector<FaceOnPage>& faces) {
  std::string page = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title>\n"
      "<meta name=\"generator\" content=\"lamina\"><meta name=\"viewport\" "
      "content=\"width=device-width\">\n<style>\n"
      ":root {{ color-scheme: light dark; }}\nbody {{ font: 15px/1.4 system-ui, sans-serif; margin: 2rem; "
      "}}\n"
      "main {{ display: flex; flex-wrap: wrap; gap: 1rem; }}\nfigure {{ margin: 0; width: 112px; }}\n"
      "img {{ display: block; border: 3px solid #b0452f; border-radius: 4px; width: 106px; }}\n"
      ".known img {{ border-color: #2f8f4e; }}\nfigcaption {{ overflow-wrap: anywhere; }}\n"
      "small {{ color: gray; }}\n</style></head>\n<body><div class=\"brand\">Lamina "
      "report</div>\n<h1>{0}</h1>\n<p>{1} face{2}.</p>\n<main>\n",
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
