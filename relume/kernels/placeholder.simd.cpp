namespace relume::kernels::RELUME_TARGET { int placeholder = 0; }
