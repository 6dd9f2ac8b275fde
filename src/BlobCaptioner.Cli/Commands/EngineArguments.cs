using System.CommandLine;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Engine;
using BlobCaptioner.Remote;

namespace BlobCaptioner.Cli.Commands;

/// <summary>Which model and profile, and how many pictures at once.</summary>
internal sealed class EngineArguments
{
    private readonly Option<string?> _model = new("--model", "-m")
    {
        Description = "The text model: a GGUF file that llama.cpp b10221 reads, or the name of a model that 'captioner model pull' pulled. " +
            "Default: the small bundled sample model.",
        HelpName = "TEXT.gguf|NAME",
    };

    private readonly Option<FileInfo?> _mmproj = new("--mmproj")
    {
        Description = "The vision part that belongs to a --model file; with a NAME it may be left out.",
        HelpName = "MMPROJ.gguf",
    };

    private readonly Option<int?> _slots = NumberOption.Create("--slots", "Pictures decoded at the same time, 1 to 64. Default: 8, or 4 for models below 64 MB.", 1, 64);

    private readonly Option<int?> _threads = NumberOption.Create(
        "--threads",
        "CPU threads of the model, 1 to 512. Default: one for every core, or a single one for models below 64 MB, which threads only slow down.",
        1,
        512);

    private readonly Option<string> _cache = new("--kv-cache")
    {
        Description = "Numbers of the KV cache: f16, or q8_0, which takes half the memory. Measured advice stands in the README.",
        HelpName = "f16|q8_0",
        DefaultValueFactory = _ => KvCacheTypes.Names[0],
    };

    private readonly Option<string> _attention = new("--attention")
    {
        Description = "Who computes attention on the CPU: auto, captioner's own kernel where it runs (x64 Linux with AVX2 or AVX-512), or ggml, llama.cpp's own.",
        HelpName = string.Join('|', AttentionNames.Kernels),
        DefaultValueFactory = _ => AttentionNames.Auto,
    };

    private readonly Option<string> _flash = new("--flash-attention")
    {
        Description = "Flash attention in the language model and the vision tower: auto, what is faster, or on, or off.",
        HelpName = string.Join('|', AttentionNames.Flash),
        DefaultValueFactory = _ => AttentionNames.Auto,
    };

    private readonly Option<Uri?> _server = new("--server")
    {
        Description = "A model server that speaks OpenAI's API (llama-server, vLLM, SGLang, Azure OpenAI), instead of a model in this process.",
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
        Description = "The model's name on --server; for Azure the deployment's name.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _serverKey = new("--server-key-env")
    {
        Description = "The environment variable that holds the key for --server. Without it, Azure's addresses are signed in to as you are, others without a key.",
        HelpName = "VARIABLE",
    };

    private readonly Option<int> _serverConcurrency = NumberOption.Create("--server-concurrency", "Requests to --server at the same time, 1 to 1024.", value: 8, 1, 1024);

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        _cache.AcceptOnlyFromAmong([.. KvCacheTypes.Names]);
        _attention.AcceptOnlyFromAmong([.. AttentionNames.Kernels]);
        _flash.AcceptOnlyFromAmong([.. AttentionNames.Flash]);
        command.Add(_model);
        command.Add(_mmproj);
        command.Add(_slots);
        command.Add(_threads);
        command.Add(_cache);
        command.Add(_attention);
        command.Add(_flash);
        command.Add(_server);
        command.Add(_serverModel);
        command.Add(_serverKey);
        command.Add(_serverConcurrency);
        command.Validators.Add(result =>
        {
            var named = result.GetValue(_model) is { } text && ModelChoice.IsName(text);
            if (!named && result.GetResult(_model) is null != result.GetResult(_mmproj) is null)
            {
                result.AddError("--model and --mmproj belong together: give both files, a name of 'captioner model list' as --model alone, or neither for the bundled sample model.");
            }

            if (result.GetValue(_cache) != KvCacheTypes.Names[0] && result.GetValue(_flash) == "off")
            {
                result.AddError($"--kv-cache {result.GetValue(_cache)} needs flash attention: leave --flash-attention out, or take --kv-cache {KvCacheTypes.Names[0]}.");
            }

            if (result.GetResult(_server) is null != result.GetResult(_serverModel) is null)
            {
                result.AddError("--server and --server-model belong together.");
            }

            if (result.GetResult(_server) is not null && result.GetResult(_model) is not null)
            {
                result.AddError("--server and --model exclude each other: the server has its own model.");
            }
        });
    }

    /// <summary>What was chosen.</summary>
    /// <exception cref="UsageException">A file is missing, or the model that is named has not been pulled.</exception>
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
