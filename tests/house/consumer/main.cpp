#include <relume/relume.h>

#include <iostream>

int main() { std::cout << relume::tensor({-2, 0, 2}) << "\n"; }
