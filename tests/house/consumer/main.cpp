#include <iostream>

#include <relume/relume.h>

int main() { std::cout << relume::tensor({-2, 0, 2}) << "\n"; }
