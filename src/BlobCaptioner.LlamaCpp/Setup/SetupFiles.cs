using System.Security.Cryptography;
using System.Text;

namespace BlobCaptioner.LlamaCpp.Setup;

/// <summary>The files inside this assembly that pin what is installed: package.json, package-lock.json, CMakeLists.txt, attention.cpp.</summary>
internal static class SetupFiles
{
    private static readonly string[] s_names = ["package.json", "package-lock.json", "CMakeLists.txt", "attention.cpp"];

    /// <summary>Changes with any of them: 16 hex digits. Names the cache folder, so that another version is set up beside this one.</summary>
    public static string Hash { get; } = ComputeHash();

    /// <summary>Writes them into a folder.</summary>
    public static void WriteTo(string directory)
    {
        foreach (var name in s_names)
        {
            using var from = Open(name);
            using var to = File.Create(Path.Combine(directory, name));
            from.CopyTo(to);
        }
    }

    private static string ComputeHash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var name in s_names)
        {
            using var reader = new StreamReader(Open(name), Encoding.UTF8);
            hash.AppendData(Encoding.UTF8.GetBytes(reader.ReadToEnd().ReplaceLineEndings("\n")));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    private static Stream Open(string name) =>
        typeof(SetupFiles).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"The assembly holds no '{name}'.");
}
