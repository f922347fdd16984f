// What options convert to.
#include "lamina/nn/model_options.h"

namespace lamina {

Samples::operator Batch() const { return {x, y, {}}; }

}  // namespace lamina
