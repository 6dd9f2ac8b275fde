using System.Runtime.InteropServices;

namespace BlobCaptioner.LlamaCpp.Interop;

/// <summary>Loads the libraries from one folder, once a process, and checks them.</summary>
internal static unsafe class NativeLoader
{
    /// <summary>This project's own library, beside llama.cpp's.</summary>
    public const string AttentionFile = "libblobcaptioner-attention.so";

    private static readonly Lock s_gate = new();
    private static readonly Dictionary<string, nint> s_handles = new(StringComparer.Ordinal);
    private static string? s_directory;
    private static bool s_ready;

    /// <summary>The folder that the libraries were loaded from; null before.</summary>
    public static string? LoadedFrom
    {
        get
        {
            lock (s_gate)
            {
                return s_ready ? s_directory : null;
            }
        }
    }

    /// <summary>Loads libggml, libllama and libmtmd with their backends. Later calls with the same folder do nothing.</summary>
    /// <exception cref="NativeSetupException">A library is missing, does not load or is of another version; or another folder was loaded before.</exception>
    public static void Load(string directory)
    {
        directory = Path.GetFullPath(directory);
        lock (s_gate)
        {
            if (s_directory is not null)
            {
                if (!string.Equals(s_directory, directory, StringComparison.Ordinal))
                {
                    throw new NativeSetupException(
                        $"llama.cpp was loaded from '{s_directory}' and a process can hold only one. Restart to use '{directory}'.");
                }

                if (s_ready)
                {
                    return;
                }
            }
            else
            {
                // Dependencies first: libmtmd and libllama then find libggml already loaded.
                Open(directory, LlamaNative.GgmlLibrary, "libggml.*.so", "libggml.so");
                Open(directory, LlamaNative.Library, "libllama.v*.so", "libllama.so");
                Open(directory, MtmdNative.Library, "libmtmd.so", "libmtmd.so");
                NativeLibrary.SetDllImportResolver(typeof(NativeLoader).Assembly, (name, _, _) => s_handles.GetValueOrDefault(name));
                s_directory = directory;
            }

            NativeAbi.Check(ReadVersion(directory), directory);
            NativeLog.Attach();
            LlamaNative.ggml_backend_load_all_from_path(directory);
            if (LlamaNative.ggml_backend_reg_count() == 0)
            {
                throw new NativeSetupException($"'{directory}' holds no compute backend that runs on this processor (libggml-cpu-*.so). Set the folder up again.");
            }

            HasAttention = InstallAttention(directory);
            LlamaNative.llama_backend_init();
            s_ready = true;
        }
    }

    /// <summary>True where attention is computed by this project's kernel on a CPU; false where the folder or the processor lacks it, and ggml's does it.</summary>
    public static bool HasAttention { get; private set; }

    private static bool InstallAttention(string directory)
    {
        if (!s_handles.ContainsKey(AttentionNative.Library) && File.Exists(Path.Combine(directory, AttentionFile)))
        {
            Open(directory, AttentionNative.Library, AttentionFile, AttentionFile);
        }

        return s_handles.ContainsKey(AttentionNative.Library) && AttentionNative.captioner_attention_install() != 0;
    }

    private static string ReadVersion(string directory)
    {
        try
        {
            return LlamaNative.Text(LlamaNative.llama_version());
        }
        catch (EntryPointNotFoundException e)
        {
            throw new NativeSetupException(
                $"The libllama in '{directory}' has no llama_version: it is older than the v{NativeAbi.Version} that this program was built for. "
                + $"Put libraries of v{NativeAbi.Version} there, or unset {NativeLibraries.OverrideVariable} so that they are set up by themselves.",
                e);
        }
    }

    private static void Open(string directory, string name, string pattern, string plainName)
    {
        const string Remedy = $"The folder must hold libggml, libllama and libmtmd of llama.cpp v{NativeAbi.Version} with their backends; "
            + $"delete it, or unset {NativeLibraries.OverrideVariable}, to have it set up again.";
        var path = !Directory.Exists(directory) ? null
            : File.Exists(Path.Combine(directory, plainName)) ? Path.Combine(directory, plainName)
            : Directory.EnumerateFiles(directory, pattern).Order(StringComparer.Ordinal).FirstOrDefault();
        if (path is null)
        {
            s_handles.Clear();
            throw new NativeSetupException($"'{directory}' holds no {plainName}. {Remedy}");
        }

        try
        {
            s_handles[name] = NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            s_handles.Clear();
            throw new NativeSetupException($"'{path}' does not load. {Remedy} The system says: {e.Message}", e);
        }
    }
}
