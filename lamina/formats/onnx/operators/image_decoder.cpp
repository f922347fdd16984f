// ImageDecoder: the pixels of an image file.
#include "lamina/base/terminal.h"
#include "lamina/formats/onnx/operator.h"
#include "lamina/image/load_img.h"
#include "lamina/image/picture.h"

namespace lamina::onnx {
namespace {

std::vector<Value> decode(Call& call) {
  const std::string format = call.text("pixel_format", "RGB");
  if (format != "RGB" && format != "BGR" && format != "Grayscale")
    call.fail("attribute 'pixel_format' is '" + printable(format) + "'");
  if (call[0].rank() != 1 || call.element() != ElementType::kUInt8)
    call.fail("takes the bytes of a file, uint8 (n,)");
  const std::vector<int64_t> bytes = call.known_integers(0);
  const Picture picture = decode_image(std::string(bytes.begin(), bytes.end()), "the input of ImageDecoder");
  const bool grey = format == "Grayscale";
  const int channels = grey ? 1 : 3;
  std::vector<uint8_t> pixels;
  for (size_t i = 0; i + static_cast<size_t>(picture.channels) <= picture.pixels.size();
       i += static_cast<size_t>(picture.channels)) {
    const uint8_t* p = picture.pixels.data() + i;
    const uint8_t red = p[0], green = p[picture.channels == 1 ? 0 : 1],
                  blue = p[picture.channels == 1 ? 0 : 2];
    if (grey) {  // the luma of ITU-R BT.601, in 1/65536, as Pillow has it
      pixels.push_back(
          picture.channels == 1
              ? red
              : static_cast<uint8_t>((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16));
    } else {
      const bool turned = format == "BGR";
      pixels.insert(pixels.end(), {turned ? blue : red, green, turned ? red : blue});
    }
  }
  return {Value(Tensor::from(pixels, {picture.height, picture.width, channels}))};
}

const bool kImageDecoderRegistered = register_operator("ImageDecoder", 20, decode);

}  // namespace
}  // namespace lamina::onnx
