// One name for the type that nearly every line of the Simd files mentions.
global using Vec = System.Runtime.Intrinsics.Vector128<byte>;
