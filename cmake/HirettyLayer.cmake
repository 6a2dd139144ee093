# ht_layer: a static library from src/NAME and include/hiretty/NAME.
# ht_program: the executable from src/app and all layers.
#
# Embedded files: every file below a FILES folder is put into the layer's library as the resource
# "/hiretty/<path in the repository>". The object that holds them registers itself when the program
# starts; since nothing refers to it, a linker option drags it out of the static library.

# The libraries a layer alone may use, for tests of that layer; filled by ht_layer.
function(ht_embed target)
  set(files)
  foreach(folder IN LISTS ARGN)
    file(GLOB_RECURSE found CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}
         ${CMAKE_SOURCE_DIR}/${folder}/*)
    if(EXISTS ${CMAKE_SOURCE_DIR}/${folder} AND NOT IS_DIRECTORY ${CMAKE_SOURCE_DIR}/${folder})
      list(APPEND found ${folder})
    endif()
    list(APPEND files ${found})
  endforeach()
  list(FILTER files EXCLUDE REGEX "(^|/)\\.|~$|\\.md$")
  list(SORT files)
  if(NOT files)
    return()
  endif()
  set(xml "<?xml version=\"1.0\"?>\n<gresources><gresource prefix=\"/hiretty\">\n")
  set(depends)
  foreach(file IN LISTS files)
    string(APPEND xml "<file>${file}</file>\n")
    list(APPEND depends ${CMAKE_SOURCE_DIR}/${file})
  endforeach()
  string(APPEND xml "</gresource></gresources>\n")
  set(list ${CMAKE_CURRENT_BINARY_DIR}/embedded/${target}.gresource.xml)
  set(code ${CMAKE_CURRENT_BINARY_DIR}/embedded/${target}_resources.c)
  file(CONFIGURE OUTPUT ${list} CONTENT "${xml}" @ONLY)
  add_custom_command(
    OUTPUT ${code}
    COMMAND ${GLIB_COMPILE_RESOURCES} --generate-source --c-name ${target}_embedded
            --sourcedir ${CMAKE_SOURCE_DIR} --target ${code} ${list}
    DEPENDS ${list} ${depends} VERBATIM)
  set_source_files_properties(${code} PROPERTIES COMPILE_OPTIONS "-w")
  target_sources(${target} PRIVATE ${code})
  target_link_options(${target} INTERFACE LINKER:--undefined=${target}_embedded_get_resource)
endfunction()

function(ht_layer name)
  cmake_parse_arguments(arg "" "" "DEPS;PKGS;PUBLIC_PKGS;FILES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.c)
  file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/include/hiretty/${name}/*.h)
  if(NOT sources)
    return()
  endif()
  add_library(ht_${name} STATIC ${sources})
  target_sources(ht_${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${CMAKE_SOURCE_DIR}/include
                                   FILES ${headers})
  target_include_directories(ht_${name} PRIVATE ${CMAKE_SOURCE_DIR}/src/${name})
  foreach(dep IN LISTS arg_DEPS)
    if(TARGET ht_${dep})
      target_link_libraries(ht_${name} PUBLIC ht_${dep})
    endif()
  endforeach()
  foreach(pkg IN LISTS arg_PUBLIC_PKGS)
    target_link_libraries(ht_${name} PUBLIC PkgConfig::${pkg})
  endforeach()
  foreach(pkg IN LISTS arg_PKGS)
    target_link_libraries(ht_${name} PRIVATE PkgConfig::${pkg})
  endforeach()
  ht_embed(ht_${name} ${arg_FILES})
  set_property(GLOBAL APPEND PROPERTY HT_LAYERS ${name})
  set_property(GLOBAL PROPERTY HT_PKGS_${name} ${arg_PKGS})
endfunction()

function(ht_program name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/app/*.c)
  add_executable(${name} ${sources})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/src/app)
  get_property(layers GLOBAL PROPERTY HT_LAYERS)
  list(REVERSE layers)
  foreach(layer IN LISTS layers)
    target_link_libraries(${name} PRIVATE ht_${layer})
  endforeach()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()
