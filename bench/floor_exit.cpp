// The floor of everything: a process that does nothing.
int main() { return 0; }
