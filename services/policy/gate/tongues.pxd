# Which numbers of `tongues.py` are the machine's own where it is compiled.
cimport cython

from services.policy.gate.trie cimport Trie

cdef double _LEAST, _CLOSE, _FEW, _CLOSE_OF_FEW
cdef int _MANY, _JAPANESE, _LONGEST


@cython.locals(owners=Trie, weights=cython.double[::1], scores=cython.double[::1], found=cython.int)
cpdef frozenset spoken(sentences)

@cython.locals(number=cython.int, japanese=cython.int, at=cython.int, end=cython.int, start=cython.int,
               state=cython.int, bits=cython.int)
cdef int _of_one(str sentence, Trie owners, const double[::1] weights, double[::1] scores) except -1

@cython.locals(number=cython.int, bits=cython.int, best=cython.double, close=cython.double)
cdef int _best(double[::1] scores) noexcept

cdef bint _is_japanese(Py_UCS4 character) noexcept
