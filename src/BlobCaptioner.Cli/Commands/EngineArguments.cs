using System.CommandLine;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Engine.Setup;
using BlobCaptioner.Models;
using BlobCaptioner.Remote;
using Microsoft.Extensions.Logging.Abstractions;

namespace BlobCaptioner.Cli.Commands;

/// <summary>Options of the model: which one, and its settings.</summary>
/// <param name="offersServers">False hides the options of model servers in help, for commands that refuse them.</param>
internal sealed class EngineArguments(bool offersServers = true) : OptionGroup
{
    private readonly Option<string?> _model = new("--model", "-m")
    {
        Description = "The text model: a GGUF file for llama.cpp b10221, or the name of a model that 'captioner model pull' pulled. " +
            "Default: the bundled sample model.",
        HelpName = "TEXT.gguf|NAME",
    };

    private readonly Option<FileInfo?> _mmproj = new("--mmproj")
    {
        Description = "The vision part of a --model file; optional if --model is a name.",
        HelpName = "MMPROJ.gguf",
    };

    private readonly Option<int?> _slots = NumberOption.Create("--slots", "Pictures decoded at the same time, 1 to 64. Default: 8, or 4 for models below 64 MB.", 1, 64);

    private readonly Option<int?> _threads = NumberOption.Create(
        "--threads",
        "CPU threads of the model, 1 to 512. Default: one for each core, or 1 for models below 64 MB, which more threads slow down.",
        1,
        512);

    private readonly Option<string> _cache = new("--kv-cache")
    {
        Description = "Type of the KV cache: f16, or q8_0 for half the memory.",
        HelpName = "f16|q8_0",
        DefaultValueFactory = _ => KvCacheTypes.Names[0],
    };

    private readonly Option<string> _attention = new("--attention")
    {
        Description = "Attention kernel on the CPU: auto takes captioner's own where it runs (x64 Linux with AVX2 or AVX-512), ggml takes llama.cpp's.",
        HelpName = string.Join('|', AttentionNames.Kernels),
        DefaultValueFactory = _ => AttentionNames.Auto,
    };

    private readonly Option<string> _flash = new("--flash-attention")
    {
        Description = "Flash attention in the language model and the vision tower: auto takes what is faster.",
        HelpName = string.Join('|', AttentionNames.Flash),
        DefaultValueFactory = _ => AttentionNames.Auto,
    };

    private readonly Option<Uri?> _server = new("--server")
    {
        Description = "A model server with OpenAI's API (llama-server, vLLM, SGLang, Azure OpenAI), in place of a model in this process.",
        HelpName = "URL",
        CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
            {
                return address;
            }

            result.AddError($"--server is '{result.Tokens[0].Value}'; give an address such as http://127.0.0.1:8000.");
            return null;
        },
    };

    private readonly Option<string?> _serverModel = new("--server-model")
    {
        Description = "The model's name on --server; on Azure the deployment's name.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _serverKey = new("--server-key-env")
    {
        Description = "Environment variable with the key for --server. Without it, Azure gets your own sign-in and other servers get no key.",
        HelpName = "VARIABLE",
    };

    private readonly Option<int> _serverConcurrency = NumberOption.Create("--server-concurrency", "Requests to --server at the same time, 1 to 1024.", value: 8, 1, 1024);

    /// <inheritdoc/>
    public override void AddTo(Command command)
    {
        _cache.AcceptOnlyFromAmong([.. KvCacheTypes.Names]);
        _attention.AcceptOnlyFromAmong([.. AttentionNames.Kernels]);
        _flash.AcceptOnlyFromAmong([.. AttentionNames.Flash]);
        foreach (var option in (Option[])[_server, _serverModel, _serverKey, _serverConcurrency])
        {
            option.Hidden = !offersServers;
        }

        command.AddAll(_model, _mmproj, _slots, _threads, _cache, _attention, _flash, _server, _serverModel, _serverKey, _serverConcurrency);
        command.Validators.Add(result =>
        {
            var named = result.GetValue(_model) is { } text && ModelChoice.IsName(text);
            if (!named && result.GetResult(_model) is null != result.GetResult(_mmproj) is null)
            {
                result.AddError("--model and --mmproj belong together: give both files, or only --model with a name from 'captioner model list', or neither for the bundled sample model.");
            }

            if (result.GetValue(_cache) != KvCacheTypes.Names[0] && result.GetValue(_flash) == "off")
            {
                result.AddError($"--kv-cache {result.GetValue(_cache)} needs flash attention: omit --flash-attention, or use --kv-cache {KvCacheTypes.Names[0]}.");
            }

            if (result.GetResult(_server) is null != result.GetResult(_serverModel) is null)
            {
                result.AddError("--server and --server-model belong together.");
            }

            if (result.GetResult(_server) is not null && result.GetResult(_model) is not null)
            {
                result.AddError("--server and --model exclude each other, since the server has its own model.");
            }
        });
    }

    /// <summary>The chosen model and settings.</summary>
    /// <exception cref="UsageException">A file is missing, or the named model is not pulled.</exception>
    public EngineChoice Read(ParseResult parse)
    {
        var (model, mmproj) = ModelChoice.Read(parse.GetValue(_model), parse.GetValue(_mmproj));
        return new()
        {
            Model = model,
            Mmproj = mmproj,
            Slots = parse.GetValue(_slots),
            Threads = parse.GetValue(_threads),
            CacheType = KvCacheTypes.Parse(parse.GetValue(_cache)!),
            Attention = parse.GetValue(_attention)!,
            FlashAttention = parse.GetValue(_flash)!,
            Server = parse.GetValue(_server) is { } server ? ReadServer(parse, server) : null,
        };
    }

    private RemoteModelOptions ReadServer(ParseResult parse, Uri server)
    {
        var key = parse.GetValue(_serverKey);
        var options = new RemoteModelOptions
        {
            Endpoint = server,
            Model = parse.GetValue(_serverModel)!,
            ApiKeyEnvironment = key,
            Concurrency = parse.GetValue(_serverConcurrency),
        };
        options.UseManagedIdentity = key is null && options.IsAzure;
        return options;
    }
}

/// <summary>The files that <c>--model</c> and <c>--mmproj</c> name, directly or by a name of the catalogue.</summary>
internal static class ModelChoice
{
    /// <summary>True if the text is not a file: it has no directory and no <c>.gguf</c>, and no such file exists.</summary>
    public static bool IsName(string model) => Path.GetFileName(model) == model && !model.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) && !File.Exists(model);

    /// <summary>Full paths of both files; null for the bundled model.</summary>
    /// <exception cref="UsageException">A file is missing, or the named model is not pulled.</exception>
    public static (string? Text, string? Vision) Read(string? model, FileInfo? mmproj)
    {
        if (model is null)
        {
            return (null, null);
        }

        foreach (var file in (FileInfo?[])[IsName(model) ? null : new(model), mmproj])
        {
            if (file is { Exists: false })
            {
                throw new UsageException($"There is no model file '{file.FullName}'.");
            }
        }

        if (!IsName(model))
        {
            return (Path.GetFullPath(model), mmproj?.FullName);
        }

        var directory = new ModelDirectory(path: null, TimeProvider.System, NullLogger<ModelDirectory>.Instance);
        if (directory.Catalog.Find(model) is not { } known)
        {
            throw new UsageException(
                $"There is no model file '{Path.GetFullPath(model)}' and no model '{model}' in the catalogue. The catalogue has: " +
                $"{string.Join(", ", directory.Catalog.Models.Select(m => m.Name))}.");
        }

        var text = directory.PathOf(known.Text);
        return directory.Find(known.Name) is { } paths ? (text, mmproj?.FullName ?? paths.Vision)
            : mmproj is not null && directory.Look(known.Text).State == FileState.Present ? (text, mmproj.FullName)
            : throw new UsageException($"'{known.Name}' is not in '{directory.FullPath}' yet. Pull it first: captioner model pull {known.Name}");
    }
}
