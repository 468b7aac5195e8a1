// Everything an application needs: build an engine from ONNX, save and open it, run it in sessions.
#pragma once

#include "burnish/build.h"
#include "burnish/engine.h"
#include "burnish/logger.h"
#include "burnish/status.h"
#include "burnish/tensor.h"
#include "burnish/version.h"
