// libxsmm can make kernels for sparse matrices, triangular systems, matrices that are packed together and transposes,
// and its front asks for all of their generators by name. relume multiplies dense matrices alone: with these names
// taken, the rest stays out of the shared library, of which it would be a fourteenth. A static library leaves them to
// the program.
#if RELUME_HAVE_LIBXSMM && RELUME_SHARED

#define RELUME_LEFT_OUT(name)                           \
  extern "C" [[gnu::visibility("hidden")]] void name(); \
  void name() {}

RELUME_LEFT_OUT(libxsmm_generator_getrf_kernel)
RELUME_LEFT_OUT(libxsmm_generator_mateltwise_kernel)
RELUME_LEFT_OUT(libxsmm_generator_packed_gemm_ac_rm)
RELUME_LEFT_OUT(libxsmm_generator_packed_gemm_bc_rm)
RELUME_LEFT_OUT(libxsmm_generator_pgemm_kernel)
RELUME_LEFT_OUT(libxsmm_generator_spgemm_csc_soa_kernel)
RELUME_LEFT_OUT(libxsmm_generator_spgemm_csr_reg_kernel)
RELUME_LEFT_OUT(libxsmm_generator_spgemm_csr_soa_kernel)
RELUME_LEFT_OUT(libxsmm_generator_transpose_kernel)
RELUME_LEFT_OUT(libxsmm_generator_trmm_kernel)
RELUME_LEFT_OUT(libxsmm_generator_trsm_kernel)

#endif
