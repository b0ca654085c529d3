// SPDX-License-Identifier: MIT
// Whether a workgroup is known to be one subgroup: twins run where these have eight invocations. Then no barrier needs to stand in the code; one
// alone, never reached, makes a compiler for processors keep every value in memory.
#ifndef ONE_SUBGROUP
#extension GL_KHR_shader_subgroup_arithmetic : require
#ifdef ADDRESSED
#define ONE_SUBGROUP (gl_WorkGroupSize.x == 8)
#else
#define ONE_SUBGROUP false
#endif
#endif
