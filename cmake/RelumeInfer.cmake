# librelume_infer.a: what runs networks, alone, for programs that count kilobytes. A static library of those of relume's
# sources that Predictor::load() and a Predictor's calls need, without what trains, OpenMP, threads or libxsmm; its
# activations have their forward loops in float32. What is added to a Predictor is added here.
set(infer_sources
    activation/activation.cpp activation/table.cpp
    base/fmt.cpp base/nearest.cpp base/processors.cpp base/rng.cpp base/shape.cpp
    data/column_features.cpp data/parse_json.cpp data/preprocess_json.cpp data/task.cpp
    infer/block.cpp infer/frozen.cpp infer/model_file.cpp infer/plan.cpp infer/predictor.cpp infer/product.cpp
    infer/product_choice.cpp infer/steps.cpp
    io/described_model.cpp io/safetensors_header.cpp io/safetensors_reader.cpp
    kernels/cpu.cpp kernels/pruned_panels.cpp
    nn/layer_word.cpp)
set(infer_simd_kernels "/(panels|fired_panels|pruned_panels|wide_rows)\\.simd\\.")

add_library(relume_infer STATIC ${infer_sources} infer/alone/on_this_thread.cpp)
add_library(relume::infer ALIAS relume_infer)
set_target_properties(relume_infer PROPERTIES EXPORT_NAME infer)
target_include_directories(relume_infer PUBLIC
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(relume_infer PUBLIC cxx_std_20)
# Of fmt what no message needs is left out: 8 kB.
target_compile_definitions(relume_infer PRIVATE RELUME_INFER_ALONE
  FMT_USE_LONG_DOUBLE=0 FMT_USE_INT128=0 "FMT_STATIC_THOUSANDS_SEPARATOR=','")
target_link_libraries(relume_infer PRIVATE $<BUILD_INTERFACE:relume_flags> $<BUILD_INTERFACE:relume_headers>)
target_compile_options(relume_infer PRIVATE -ffunction-sections -fdata-sections $<$<CONFIG:Release>:-Os>)
# What of it a program does not use stays out of the program.
target_link_options(relume_infer INTERFACE -Wl,--gc-sections)

foreach(level IN LISTS relume_levels)
  add_library(relume_infer_${level} OBJECT activation/table.simd.cpp)
  get_target_property(options relume_activation_${level} COMPILE_OPTIONS)
  target_compile_options(relume_infer_${level} PRIVATE ${options} -ffunction-sections)
  target_compile_definitions(relume_infer_${level} PRIVATE RELUME_TARGET=${level} RELUME_INFER_ALONE)
  target_link_libraries(relume_infer_${level} PRIVATE relume_flags relume_headers)
  target_include_directories(relume_infer_${level} PRIVATE ${PROJECT_SOURCE_DIR})
  set_target_properties(relume_infer_${level} PROPERTIES CXX_CLANG_TIDY "")  # the same sources again
  target_sources(relume_infer PRIVATE $<TARGET_OBJECTS:relume_infer_${level}>
    "$<FILTER:$<TARGET_OBJECTS:relume_simd_${level}>,INCLUDE,${infer_simd_kernels}>")
endforeach()
set_target_properties(relume_infer PROPERTIES CXX_CLANG_TIDY "")
