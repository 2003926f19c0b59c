# Which numbers of `neighbours.py` are the machine's own where it is compiled.
cimport cython


@cython.locals(size=Py_ssize_t, width=Py_ssize_t, at=Py_ssize_t, column=Py_ssize_t, place=Py_ssize_t, near=Py_ssize_t)
cdef void _mix(const float[:, ::1] words, const float[:, ::1] products, const float[::1] bias, Py_ssize_t stride,
               Py_ssize_t places, float[:, ::1] mixed) noexcept

@cython.locals(column=Py_ssize_t)
cdef void _add(const float[:, ::1] products, Py_ssize_t near, Py_ssize_t first, Py_ssize_t width,
               float[:, ::1] mixed, Py_ssize_t at) noexcept
