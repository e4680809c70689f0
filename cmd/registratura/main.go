// Command registratura runs procedure DE-SPDI-02 over email.
package main

func main() {}
