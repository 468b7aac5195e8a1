// Ctrl-C as a question that long loops may ask, instead of the end of the program.
// Used by measurements without an end; nothing else changes how signals act.
#pragma once

namespace burnish::cli {

/// From now on the first interrupt is only noted; a second one ends the program as usual.
void note_interrupts();
bool interrupted();

}  // namespace burnish::cli
