using System.Security.Cryptography;
using BlobCaptioner.Inference;

namespace BlobCaptioner.Engine.Decoding;

/// <summary>Checks and hashes the two files of a model.</summary>
internal static class ModelFiles
{
    private const string VisionArchitecture = "clip";

    /// <summary>Throws unless both files are whole and each is what it is said to be.</summary>
    /// <exception cref="SequenceDecoderException">They aren't.</exception>
    public static void Check(string textPath, string visionPath)
    {
        var text = GgufFile.Read(textPath);
        var vision = GgufFile.Read(visionPath);
        if (string.Equals(text.Architecture, VisionArchitecture, StringComparison.Ordinal))
        {
            throw new SequenceDecoderException($"'{textPath}' is a vision tower (mmproj), not a language model. Are --model and --mmproj swapped?");
        }

        if (!string.Equals(vision.Architecture, VisionArchitecture, StringComparison.Ordinal))
        {
            throw new SequenceDecoderException(
                $"'{visionPath}' holds a '{vision.Architecture}' model, not a vision tower. Name the mmproj file that was published with the language model.");
        }
    }

    /// <summary>SHA-256 over the text model's bytes followed by the vision model's, lower-case hex.</summary>
    public static string Hash(string textPath, string visionPath)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 20];
        foreach (var path in (string[])[textPath, visionPath])
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
            int read;
            while ((read = stream.Read(buffer)) > 0)
            {
                hash.AppendData(buffer, 0, read);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
