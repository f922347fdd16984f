// compile_for_evaluation: as much of what a file says of training as evaluate needs.
#pragma once

#include "lamina/nn/model.h"

namespace lamina {

/// Compiles a model that load_model could not compile, since its file asks for an optimizer or metrics that
/// are not known here, for evaluate alone: with the loss of its file, the metrics that are known, which a
/// warning tells from the others, and the default optimizer. Does nothing to a model that is compiled. Throws
/// InvalidArgument where the file has no loss, and where it is not known, saying why.
void compile_for_evaluation(Model& model);

}  // namespace lamina
