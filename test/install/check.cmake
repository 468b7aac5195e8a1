# cmake -DBUILD= -DSOURCE= -DGENERATOR= -DCXX= -P check.cmake
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${ARGN}: ${code}\n${output}")
  endif()
endfunction()

set(folder ${BUILD}/install_test)
file(REMOVE_RECURSE ${folder})
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${folder}/first)
file(RENAME ${folder}/first ${folder}/moved)
run(${folder}/moved/bin/trtexec --onnx=${SOURCE}/examples/digits/digits.onnx --shapes=input:2x1x8x8 --saveEngine=${folder}/digits.engine
    --backend=cpu --builderOptimizationLevel=0 --skipInference)
run(${CMAKE_COMMAND} -S ${SOURCE}/test/install/consumer -B ${folder}/consumer -G ${GENERATOR} -DCMAKE_PREFIX_PATH=${folder}/moved
    -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_BUILD_RPATH=${folder}/moved/lib)
run(${CMAKE_COMMAND} --build ${folder}/consumer)
run(${folder}/consumer/consumer ${folder}/digits.engine)
