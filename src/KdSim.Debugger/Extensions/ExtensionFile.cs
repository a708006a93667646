using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using KdSim.Debugging.Commands;

namespace KdSim.Debugger.Extensions;

/// <summary>An extension DLL as data: what it is called and which version of the API it was built for, read before any of it is loaded.</summary>
/// <param name="ApiVersion">The major version; null when the assembly does not say that it is an extension.</param>
sealed record ExtensionFile(string Path, string AssemblyName, int? ApiVersion, byte[] Image)
{
    const ushort BlobProlog = 1;

    /// <summary>Reads a file; one that is no .NET assembly is refused by name.</summary>
    public static ExtensionFile Read(string path)
    {
        try
        {
            byte[] image = File.ReadAllBytes(path);
            using PEReader pe = new(new MemoryStream(image, writable: false));
            if (!pe.HasMetadata)
                throw new BadImageFormatException("it holds no .NET metadata");
            MetadataReader metadata = pe.GetMetadataReader();
            if (!metadata.IsAssembly)
                throw new BadImageFormatException("it is a module, not an assembly");
            AssemblyDefinition assembly = metadata.GetAssemblyDefinition();
            int? version = assembly.GetCustomAttributes().Select(a => VersionIn(metadata, metadata.GetCustomAttribute(a))).FirstOrDefault(v => v is not null);
            return new ExtensionFile(path, metadata.GetString(assembly.Name), version, image);
        }
        catch (Exception problem) when (problem is BadImageFormatException or IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            throw new CommandException($"{path} is not an extension: {problem.Message}");
        }
    }

    static int? VersionIn(MetadataReader metadata, CustomAttribute attribute)
    {
        if (attribute.Constructor.Kind != HandleKind.MemberReference ||
            metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent is not { Kind: HandleKind.TypeReference } parent)
            return null;
        TypeReference type = metadata.GetTypeReference((TypeReferenceHandle)parent);
        if (metadata.GetString(type.Name) != nameof(DebuggerExtensionAttribute) ||
            metadata.GetString(type.Namespace) != typeof(DebuggerExtensionAttribute).Namespace)
            return null;
        BlobReader value = metadata.GetBlobReader(attribute.Value);
        return value.Length >= sizeof(ushort) + sizeof(int) && value.ReadUInt16() == BlobProlog ? value.ReadInt32() : null;
    }
}
